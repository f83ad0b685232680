package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What executors are told of a command line. */
class ExecutorWordsTest {
    @TempDir
    Path dir;

    /** An option that names a file is sent with the file, so that none may be one that is written. */
    @Test
    void filesThatAreSentAreRead() {
        assertThat(root().getSubcommands().get("compress").getCommandSpec().options())
                .filteredOn(option -> ExecutorWords.names().contains(option.longestName()))
                .filteredOn(option -> option.type() == Path.class)
                .extracting(OptionSpec::longestName)
                .containsExactlyInAnyOrder("--calibration", "--data", "--labels", "--plan", "--tokenizer", "--weights");
    }

    /** Weights of several files, which an index names, may lie elsewhere than the model. */
    @Test
    void weightsComeWithWhatTheyName() throws IOException {
        Path model =
                Files.createFile(Files.createDirectory(dir.resolve("model")).resolve("net.onnx"));
        Path index = Files.createFile(dir.resolve("w.safetensors.index.json"));
        Path shard = Files.createFile(dir.resolve("w-1.safetensors"));

        ExecutorWords words = words(
                Map.of(model, List.of(model), index, List.of(index, shard)),
                model.toString(),
                "--weights",
                index.toString());

        assertThat(words.files())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("0/net.onnx", model, "1/w.safetensors.index.json", index, "1/w-1.safetensors", shard));
        assertThat(ExecutorWords.read(words.words(), Path.of("there")))
                .contains("--weights=" + Path.of("there/1/w.safetensors.index.json"));
    }

    @Test
    void whatOnlyTheDriverDoesIsNotSent() throws IOException {
        Path model = Files.createFile(dir.resolve("net.onnx"));

        ExecutorWords words = words(
                Map.of(model, List.of(model)),
                model.toString(),
                "--output=small.onnx",
                "--moments=moments.npz",
                "--workers=2",
                "--live=8080",
                "--dry-run",
                "--backend=ejml");

        assertThat(ExecutorWords.read(words.words(), Path.of("there")))
                .containsExactlyInAnyOrder(Path.of("there/0/net.onnx").toString(), "--backend=ejml");
        assertThat(words.files()).containsOnlyKeys("0/net.onnx");
    }

    @Test
    void filesHaveOtherNamesThere() throws IOException {
        Path model = Files.createFile(dir.resolve("net.onnx"));
        Path weights = Files.createFile(dir.resolve("net.bin"));
        Path labels = Files.createFile(dir.resolve("labels.npy"));
        Path cat = Files.createDirectories(dir.resolve("images/cat"));
        Files.createFile(cat.resolve("1.png"));
        Path none = Files.createDirectories(dir.resolve("images/dog"));

        ExecutorWords words = words(
                Map.of(model, List.of(model, weights)),
                model.toString(),
                "--data",
                dir.resolve("images").toString(),
                "--labels",
                labels.toString(),
                "--scores",
                dir.resolve("scores.json").toString(),
                "--target",
                "0.5");

        assertThat(words.files())
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "0/net.onnx", model,
                        "0/net.bin", weights,
                        "1/images", dir.resolve("images"),
                        "1/images/cat", cat,
                        "1/images/cat/1.png", cat.resolve("1.png"),
                        "1/images/dog", none,
                        "2/labels.npy", labels));
        assertThat(ExecutorWords.read(words.words(), Path.of("there")))
                .containsExactlyInAnyOrder(
                        Path.of("there/0/net.onnx").toString(),
                        "--data=" + Path.of("there/1/images"),
                        "--labels=" + Path.of("there/2/labels.npy"),
                        "--target=0.5");
    }

    @Test
    void whatIsNoFileStaysAsItIs() throws IOException {
        Path model = Files.createFile(dir.resolve("net.onnx"));

        ExecutorWords words = words(
                Map.of(model, List.of(model)),
                model.toString(),
                "--select=manual",
                "--layer=a=b=0.5",
                "--layer",
                "shared:c=rank:3",
                "--ignore=0/net.onnx",
                "--no-never-slower",
                "--correct");

        assertThat(ExecutorWords.read(words.words(), Path.of("there")))
                .containsExactlyInAnyOrder(
                        Path.of("there/0/net.onnx").toString(),
                        "--select=manual",
                        "--layer=a=b=0.5",
                        "--layer=shared:c=rank:3",
                        "--ignore=0/net.onnx",
                        "--no-never-slower",
                        "--correct");
    }

    @Test
    void aModelWhoseFilesLieElsewhereCannotBeSent() throws IOException {
        Path model =
                Files.createFile(Files.createDirectory(dir.resolve("model")).resolve("net.onnx"));
        Path weights = Files.createFile(dir.resolve("net.bin"));

        assertThatThrownBy(() -> words(Map.of(model, List.of(model, weights)), model.toString()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "'" + weights + "' belongs to '" + model + "' and is not in its folder, so it cannot be sent to"
                                + " executors. Maybe move it there, or put all in one file.");
    }

    private static ExecutorWords words(Map<Path, List<Path>> together, String... arguments) {
        String[] line =
                Stream.concat(Stream.of("compress"), Stream.of(arguments)).toArray(String[]::new);
        return ExecutorWords.of(root().parseArgs(line).subcommand(), together);
    }

    private static CommandLine root() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Console console = new Console(nowhere, nowhere, false);
        CommandLine root = new CommandLine(new WsvdCommand(console), WsvdCommand.factory(console));
        WsvdCommand.register(root);
        return root;
    }
}
