package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.ProgressEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that would act on a terminal, or fill it, do neither, wherever they are shown. */
class HostileNamesTest {
    private static final String NAME = "\u001b[2Jé\u202e\u009bx\nwsvd: all good";
    private static final String SHOWN = "\\u001b[2Jé\\u202e\\u009bx\\u000awsvd: all good";

    @TempDir
    Path folder;

    @Test
    void inATable() throws IOException {
        Call call = Call.of("inspect", TinyModel.named(folder, NAME));
        assertThat(call.exitCode()).isZero();
        assertThat(call.out().lines().toList().get(1)).startsWith(SHOWN + "  linear");
    }

    @Test
    void inJsonTheNameIsExact() throws IOException {
        Call call = Call.of("inspect", "--json", TinyModel.named(folder, NAME));
        assertThat(call.out())
                .contains("\"" + SHOWN.replace("\\u001b", "\\u001B").replace("\\u000a", "\\n") + "\"");
    }

    @Test
    void inAMessage() throws IOException {
        Call.assertRefused(
                2,
                "wsvd: No layer matches 'q*'. There are: '" + SHOWN + "', 'out'.",
                "compress",
                TinyModel.named(folder, NAME),
                "-o",
                folder.resolve("small.onnx"),
                "--select",
                "manual",
                "--layer",
                "q*=1");
    }

    @Test
    void inANameOfAMegabyte() throws IOException {
        Call call = Call.of("inspect", TinyModel.named(folder, "n".repeat(1 << 20)));
        assertThat(call.out())
                .startsWith("layer ")
                .hasSizeLessThan(2000)
                .contains("n".repeat(234) + "…" + "n".repeat(20) + "  linear");
    }

    @Test
    void inProgress() {
        ByteArrayOutputStream shown = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(shown, true, StandardCharsets.UTF_8);
        ProgressEvent notice = new ProgressEvent.Notice("about " + NAME);
        new Console(stream, stream, true).progress().onEvent(notice);
        new Console(stream, stream, false).progress().onEvent(notice);
        String line = "note: about " + SHOWN + System.lineSeparator();
        assertThat(shown.toString(StandardCharsets.UTF_8)).isEqualTo("\r\u001b[K" + line + line);
    }

    @Test
    void inTheNameOfAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("\u001b[31mred.onnx"), "no model");
        Call.assertRefused(2, "wsvd: '" + folder + "/\\u001b[31mred.onnx' is not an ONNX model.", "inspect", file);
    }
}
