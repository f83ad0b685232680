package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What is suggested can be typed as it stands. */
class CommandNameTest {
    @TempDir
    Path folder;

    @BeforeEach
    void startedByTheScript() {
        System.setProperty("wsvd.command", "./wsvd");
    }

    @AfterEach
    void forget() {
        System.clearProperty("wsvd.command");
    }

    @Test
    void inHelpAndRefusals() {
        assertThat(Call.of("inspect", "--help").out())
                .contains("Usage: ./wsvd inspect ")
                .contains(System.lineSeparator() + "  ./wsvd inspect model.onnx" + System.lineSeparator());
        assertThat(Call.of().out()).contains("  ./wsvd compress model.onnx -o small.onnx --target 0.5 \\");
        assertThat(Call.of("inspect", "--jsno").err())
                .endsWith("See './wsvd inspect --help'." + System.lineSeparator());
        assertThat(Call.of("compress", "--help").out().replaceAll("\\s+", " ")).contains("see './wsvd providers'");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void inExamplesThatFitOnLinesOfATerminal(CommandLine command) {
        command.setUsageHelpAutoWidth(false).setUsageHelpWidth(80);

        assertThat(command.getUsageMessage().lines())
                .containsAll(Stream.of(command.getCommandSpec().usageMessage().footer())
                        .map(line -> line.replace("${ROOT-COMMAND-NAME}", CommandName.typed()))
                        .toList());
    }

    static Stream<CommandLine> commands() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Console console = new Console(nowhere, nowhere, false);
        CommandLine root = new CommandLine(new WsvdCommand(console), WsvdCommand.factory(console));
        root.setCommandName("./wsvd");
        return Stream.concat(Stream.of(root), root.getSubcommands().values().stream());
    }

    @Test
    void afterTheDemo() {
        Path dir = folder.resolve("demo");
        Call call = Call.of("demo", "--dir", dir);

        assertThat(call.exitCode()).as(call.err()).isZero();
        assertThat(call.out().lines().filter(line -> line.startsWith("  ./wsvd ")))
                .containsExactly(
                        "  ./wsvd demo --target 0.25",
                        "  ./wsvd compress " + dir.resolve("fashion-resnet.onnx") + " -o tiny.onnx --max-drop 0.01 \\",
                        "  ./wsvd compare " + dir.resolve("fashion-resnet.onnx") + " " + dir.resolve("small.onnx")
                                + " \\",
                        "  ./wsvd compress YOUR_MODEL.onnx -o small.onnx --target 0.5 --multiplicity 8 --calibration"
                                + " YOUR_INPUTS.npy");
        assertThat(dir.resolve("plan.json")).content().contains("\"corrected\": true");
    }
}
