package dev.wsvd.adapter.onnx.internal.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * How many cores this process may use where that is fewer than the machine has: a container's limit, an affinity, or the JVM's option.
 * ONNX Runtime does not look, starts a thread for each core of the machine, and binds it there.
 */
final class AllowedCores {
    private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

    private AllowedCores() {}

    /** Empty where the process may use all cores, or the system does not tell. */
    static OptionalInt ofThisProcess() {
        try {
            return limited(Runtime.getRuntime().availableProcessors(), Files.readString(ONLINE));
        } catch (IOException | NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    /**
     * The same, from what both say.
     *
     * @param allowed what the JVM says
     * @param online the machine's cores, as Linux writes them, such as {@code 0-3,6}
     */
    static OptionalInt limited(int allowed, String online) {
        int machine = 0;
        for (String range : online.strip().split(",")) {
            String[] ends = range.split("-");
            machine += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
        }
        return allowed < machine ? OptionalInt.of(allowed) : OptionalInt.empty();
    }
}
