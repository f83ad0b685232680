package dev.wsvd.adapter.onnx.internal.engine;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Isolation;
import java.lang.management.ManagementFactory;
import java.lang.management.PlatformManagedObject;
import java.util.Optional;

/**
 * How many bytes ONNX Runtime may take: {@code -Dwsvd.onnx.memory}, else the limit of its own process, else what the Java heap may leave of
 * the machine's memory.
 */
public final class SessionMemory {
    private static final String PROPERTY = "wsvd.onnx.memory";

    /** What a session of the smallest model takes, about. */
    private static final long LEAST = 64L << 20;

    private SessionMemory() {}

    /**
     * How many bytes of weights, in float32, a session may load: half of the memory, for while ONNX Runtime loads weights it holds them twice.
     *
     * @throws InvalidInputException if the system property is no number of bytes
     */
    public static long ofWeights(Optional<Isolation> isolation) {
        String text = System.getProperty(PROPERTY);
        return (text == null ? isolation.map(Isolation::memory).orElseGet(SessionMemory::ofMachine) : bytes(text)) / 2;
    }

    /**
     * How many sessions may be there at once, in this process or each in one with these limits; at least 1.
     *
     * @param bytes that a session of this process takes
     */
    public static int sessions(long bytes, Optional<Isolation> isolation) {
        String text = System.getProperty(PROPERTY);
        long all = text == null ? ofMachine() : bytes(text);
        long each = Math.max(LEAST, isolation.map(Isolation::memory).orElse(bytes));
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, all / each));
    }

    /** Only the JVM knows; the bean that tells is not part of Java itself, so it may be absent. */
    private static long ofMachine() {
        try {
            Class<? extends PlatformManagedObject> type =
                    Class.forName("com.sun.management.OperatingSystemMXBean").asSubclass(PlatformManagedObject.class);
            PlatformManagedObject bean = ManagementFactory.getPlatformMXBean(type);
            long machine = (long) type.getMethod("getTotalMemorySize").invoke(bean);
            return Math.max(machine / 2, machine - Runtime.getRuntime().maxMemory());
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Whatever is run is run as a whole then.
            return Long.MAX_VALUE;
        }
    }

    private static long bytes(String text) {
        if (text.matches("[1-9][0-9]{0,17}")) {
            return Long.parseLong(text);
        }
        throw new InvalidInputException("The system property " + PROPERTY
                + " takes a whole number of bytes, at least 1, found '" + text + "'.");
    }
}
