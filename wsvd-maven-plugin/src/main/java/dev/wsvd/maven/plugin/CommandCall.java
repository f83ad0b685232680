package dev.wsvd.maven.plugin;

import dev.wsvd.cli.WsvdCommand;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.apache.maven.plugin.logging.Log;

/** A call of the {@code wsvd} command in Maven's process, with what it prints in Maven's log. */
final class CommandCall {
    static final int DONE = 0;
    static final int UNREACHABLE = 3;

    /** What the command's sentences begin with. */
    private static final String SAYS = "wsvd: ";

    private CommandCall() {}

    /**
     * How it ended.
     *
     * @param reason the command's sentence, where it failed
     */
    record Ended(int exitCode, String reason) {}

    static Ended of(List<String> arguments, Log log) {
        Lines out = new Lines(log::info);
        Lines err = new Lines(log::info);
        int exitCode = WsvdCommand.run(printer(out), printer(err), arguments.toArray(String[]::new));
        return new Ended(exitCode, err.reason);
    }

    private static PrintStream printer(Lines lines) {
        return new PrintStream(lines, true, StandardCharsets.UTF_8);
    }

    /** Hands over each line when it is complete. */
    private static final class Lines extends OutputStream {
        private final Consumer<String> to;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private String reason = "";

        Lines(Consumer<String> to) {
            this.to = to;
        }

        @Override
        public void write(int b) {
            if (b != '\n') {
                line.write(b);
                return;
            }
            String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
            line.reset();
            reason = text.startsWith(SAYS) ? text.substring(SAYS.length()) : reason;
            to.accept(text);
        }
    }
}
