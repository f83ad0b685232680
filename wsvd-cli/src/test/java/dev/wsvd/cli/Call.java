package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** One call of the command in this process: its exit code and all it printed. */
record Call(int exitCode, String out, String err) {
    static Call of(Object... words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] args = new String[words.length];
        for (int i = 0; i < words.length; i++) {
            args[i] = words[i].toString();
        }
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        int exitCode = WsvdCommand.run(console, args);
        return new Call(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Asserts that these words get this sentence and exit code, and print nothing else. */
    static void assertRefused(int exitCode, String message, Object... words) {
        Call call = of(words);
        assertThat(call.refusal()).isEqualTo(message);
        assertThat(call.exitCode()).isEqualTo(exitCode);
        assertThat(call.out()).isEmpty();
    }

    /** What it printed on standard error, without the line end. */
    String refusal() {
        return err.strip();
    }
}
