package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.evaluation.NpyFiles;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shell blocks of the recipes, run as they stand, on a network that PyTorch exported. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "runs blocks of a POSIX shell")
class RecipesTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final Pattern OPTION = Pattern.compile("--[a-z][a-z0-9-]+");

    @TempDir
    Path folder;

    @BeforeEach
    void theFilesThatTheRecipesName() throws IOException {
        Files.copy(Demo.MODEL, folder.resolve("model.onnx"));
        images(Demo.CALIBRATION, 50, "inputs.npz");
        images(Demo.IMAGES, 100, "test-inputs.npz");
        NpyFiles.write(
                folder.resolve("test-labels.npy"), NpyFiles.read(Demo.LABELS).samples(0, 100));
        Path command = Files.createDirectory(folder.resolve("bin")).resolve("wsvd");
        Files.writeString(
                command,
                "#!/bin/sh\nexec '%s' -cp '%s' %s \"$@\"\n"
                        .formatted(
                                Path.of(System.getProperty("java.home"), "bin", "java"),
                                System.getProperty("java.class.path"),
                                WsvdCommand.class.getName()));
        assertThat(command.toFile().setExecutable(true)).isTrue();
    }

    private void images(Path file, int samples, String name) {
        NpyFiles.writeNpz(
                folder.resolve(name),
                Map.of("image", () -> NpyFiles.readNpz(file).get("image").samples(0, samples)));
    }

    @Test
    @Tag("slow")
    void aModelFromPyTorchGetsSmallerAndIsCompared() throws Exception {
        Script script = run(block("From PyTorch to ONNX Runtime"), Map.of());

        assertThat(script.exitCode()).as(script.printed()).isZero();
        assertThat(script.printed())
                .contains("13 layers, 12 can be split")
                .contains("Wrote small.onnx")
                .containsPattern("\\RMAC +12\\.7 MMAC +6\\.\\d\\d MMAC +0\\.(4\\d\\d|500)\\R")
                .containsPattern("\\Raccuracy \\(100 samples\\) +0\\.9");
    }

    @Test
    @Tag("slow")
    void whatWasCompressedBecomesInt8() throws Exception {
        Script script = run(block("Int8 after low rank"), Map.of());

        assertThat(script.exitCode()).as(script.printed()).isZero();
        assertThat(script.printed()).contains("100.0 % of the MACs").contains("Wrote small-int8.onnx");
        assertThat(Files.size(folder.resolve("small-int8.onnx")))
                .isLessThan(Files.size(folder.resolve("small.onnx")) / 3);
    }

    @Test
    @Tag("slow")
    void theGateLetsPassWhatKeepsTheScoreAndNothingElse() throws Exception {
        String gate = block("A gate in CI");

        Script good = run(gate, Map.of());
        assertThat(good.exitCode()).as(good.printed()).isZero();
        assertThat(good.printed()).contains("small.onnx is good enough");
        assertThat(folder.resolve("small.onnx")).exists();
        Files.delete(folder.resolve("small.onnx"));

        Script tooSmall = run(gate, Map.of("TARGET", "0.05", "MAX_DROP", "0"));
        assertThat(tooSmall.exitCode()).isEqualTo(1);
        assertThat(tooSmall.printed()).contains("no network this small keeps the score");
        assertThat(folder.resolve("small.onnx")).doesNotExist();

        Script wrong = run(gate, Map.of("TARGET", "half"));
        assertThat(wrong.exitCode()).isEqualTo(1);
        assertThat(wrong.printed()).contains("the call or a file is wrong");
    }

    @Test
    void everyShellBlockIsRunHere() throws IOException {
        assertThat(BLOCK.matcher(Files.readString(DOCS.resolve("recipes.md"))).results())
                .hasSize(3);
    }

    @Test
    void theOptionsBesideThoseOfOnnxRuntimesQuantizerExist() throws IOException {
        String help = (Call.of("quantize", "--help").out()
                        + Call.of("compress", "--help").out())
                .replace("[no-]", "");
        List<String> named = OPTION.matcher(Files.readString(DOCS.resolve("coming-from-onnxruntime-quantiser.md")))
                .results()
                .map(option -> option.group().replace("--no-", "--"))
                .distinct()
                .toList();

        assertThat(named)
                .contains("--ranges", "--max-drop")
                .allSatisfy(option -> assertThat(help).containsPattern(option + "\\b"));
    }

    private static String block(String section) throws IOException {
        String page = Files.readString(DOCS.resolve("recipes.md"));
        var block = BLOCK.matcher(page.substring(page.indexOf("## " + section)));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private Script run(String block, Map<String, String> variables) throws IOException, InterruptedException {
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", block)
                .directory(folder.toFile())
                .redirectErrorStream(true);
        shell.environment().putAll(variables);
        shell.environment()
                .merge("PATH", folder.resolve("bin").toString(), (path, own) -> own + File.pathSeparator + path);
        Process process = shell.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Script(process.waitFor(), printed);
    }

    /** What a block did. */
    private record Script(int exitCode, String printed) {}
}
