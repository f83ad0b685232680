package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing that a run writes may be a file that it reads, or belong to the model it reads or writes. */
class OutputPathsTest {
    @TempDir
    Path folder;

    private Path model;
    private Path data;

    @BeforeEach
    void writeAModelWithExternalData() throws IOException {
        model = folder.resolve("ext.onnx");
        data = folder.resolve("ext.onnx.data");
        TinyModel.writeWithExternalData(model, "ext.onnx.data");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--stats", "--scores", "--save-plan", "-o"})
    void noOutputIsTheExternalDataOfTheModel(String option) throws IOException {
        refusedAtAnyPathOfTheData(option, call(option));
    }

    @Test
    void norIsTheCurve() throws IOException {
        refusedAtAnyPathOfTheData(
                "--pareto", List.of("compress", model, "--calibration", Demo.CALIBRATION, "--data", Demo.IMAGES));
    }

    @Test
    void momentsThatAreThereAreReadAndNotReplaced() throws IOException {
        Map<String, String> before = contents();
        Call.assertRefused(
                2,
                "wsvd: The file " + data + " is not a .npz file, or is damaged or cut off.",
                "compress",
                model,
                "--dry-run",
                "--target",
                "0.5",
                "--calibration",
                Demo.CALIBRATION,
                "--moments",
                data);
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void norIsThePageOfAComparisonTheDataOfTheSecondModel() throws IOException {
        Path original = folder.resolve("original.onnx");
        TinyModel.writeWithExternalData(original, "original.onnx.data");
        refusedAtAnyPathOfTheData("--report", List.of("compare", original, model, "--data", Demo.IMAGES));
    }

    /** The file itself, a hard link, a symbolic link, and a path through a folder that is a link. */
    private void refusedAtAnyPathOfTheData(String option, List<Object> call) throws IOException {
        Files.createLink(folder.resolve("hard"), data);
        Files.createSymbolicLink(folder.resolve("soft"), data);
        Files.createSymbolicLink(folder.resolve("there"), folder);
        Map<String, String> before = contents();
        for (String path : List.of("ext.onnx.data", "hard", "soft", "there/ext.onnx.data", "there/./there/soft")) {
            Path output = folder.resolve(path);
            List<Object> words = new ArrayList<>(call);
            words.addAll(List.of(option, output));
            Call refused = Call.of(words.toArray());
            assertThat(refused.refusal())
                    .isEqualTo(
                            option.equals("-o")
                                    ? "wsvd: '" + output + "' cannot be written: '" + data
                                            + "' is what the model was opened from. Maybe choose another name."
                                    : "wsvd: The output '" + output + "' belongs to the model that is read; inputs are"
                                            + " never overwritten. Maybe use another name.");
            assertThat(refused.exitCode()).isEqualTo(2);
        }
        assertThat(contents()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"out.onnx.0123456789abcdef.data", ".out.onnx.0123456789abcdef.tmp"})
    void noOtherOutputAndNoInputIsWhereTheModelIsWritten(String name) throws IOException {
        Path file = folder.resolve(name);
        Path output = folder.resolve("out.onnx");
        String refusal = "wsvd: '" + file + "' is among the files that belong to the model in '" + output
                + "', which will be written. Maybe use another name for one.";
        Call.assertRefused(2, refusal, "compress", model, "-o", output, "--layer", "fc=rank:2", "--save-plan", file);
        Files.copy(Demo.IMAGES, file);
        Call.assertRefused(2, refusal, "compress", model, "-o", output, "--layer", "fc=rank:2", "--data", file);
        assertThat(file).hasSameBinaryContentAs(Demo.IMAGES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--stats", "--save-plan", "-o"})
    void whatCannotBeWrittenIsRefusedBeforeWork(String option) throws Exception {
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path longName = folder.resolve("n".repeat(300));
        Map<Path, String> reasons = Map.of(
                pipe,
                "it is a device or a pipe, not a file",
                Path.of("/dev/null"),
                "it is a device or a pipe, not a file",
                folder,
                "it is a folder",
                longName,
                "File name too long",
                folder.resolve("none").resolve("file"),
                "its folder does not exist");
        Map<String, String> before = contents();
        for (Map.Entry<Path, String> reason : reasons.entrySet()) {
            List<Object> words = new ArrayList<>(call(option));
            words.addAll(List.of(option, reason.getKey()));
            Call.assertRefused(
                    2, "wsvd: Cannot write '" + reason.getKey() + "': " + reason.getValue() + ".", words.toArray());
        }
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void twoNewOutputsMayBeOnePlace() throws IOException {
        Files.createSymbolicLink(folder.resolve("there"), folder);
        Files.createSymbolicLink(folder.resolve("dangling"), Path.of("there", "new.json"));
        for (String other : List.of("there/new.json", "dangling")) {
            Call.assertRefused(
                    2,
                    "wsvd: Two outputs would go to '" + folder.resolve(other) + "'. Maybe use another name for one.",
                    "compress",
                    model,
                    "--dry-run",
                    "--layer",
                    "fc=rank:2",
                    "--stats",
                    folder.resolve("new.json"),
                    "--save-plan",
                    folder.resolve(other));
        }
    }

    @Test
    void theSizeIsThatOfAllFiles() throws IOException {
        Path output = folder.resolve("out.onnx");
        Call call = Call.of("compress", model, "-o", output, "--layer", "fc=rank:2");
        assertThat(call.out())
                .containsPattern(
                        "Wrote " + output + " and " + output + "\\.[0-9a-f]{16}\\.data \\(\\S+ kB, was 19\\.\\d kB\\)");
    }

    private List<Object> call(String option) {
        List<Object> words = new ArrayList<>(List.of("compress", model));
        if (!option.equals("-o")) {
            words.add("--dry-run");
        }
        words.addAll(Arrays.asList(
                option.equals("--scores") ? new Object[] {"--target", "0.5"} : new Object[] {"--layer", "fc=rank:2"}));
        return words;
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                contents.put(
                        file.getFileName().toString(),
                        Files.isRegularFile(file)
                                ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                                : "no file");
            }
        }
        return contents;
    }
}
