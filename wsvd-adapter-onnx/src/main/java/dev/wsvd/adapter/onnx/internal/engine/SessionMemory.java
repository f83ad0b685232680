package dev.wsvd.adapter.onnx.internal.engine;

import com.sun.management.OperatingSystemMXBean;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Isolation;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * How many bytes ONNX Runtime may take: {@code -Dwsvd.onnx.memory}, else the limit of its own process, else what the Java heap may leave of
 * the machine's memory.
 */
public final class SessionMemory {
    private static final String PROPERTY = "wsvd.onnx.memory";

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

    private static long ofMachine() {
        long machine =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        return Math.max(machine / 2, machine - Runtime.getRuntime().maxMemory());
    }

    private static long bytes(String text) {
        if (text.matches("[1-9][0-9]{0,17}")) {
            return Long.parseLong(text);
        }
        throw new InvalidInputException("The system property " + PROPERTY
                + " takes a whole number of bytes, at least 1, found '" + text + "'.");
    }
}
