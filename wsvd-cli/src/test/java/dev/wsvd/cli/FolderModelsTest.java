package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.spi.ModelFormatProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are folders, of a format that is found on the class path: every command takes them. */
class FolderModelsTest {
    @TempDir
    Path folder;

    private final ClassLoader before = Thread.currentThread().getContextClassLoader();
    private URLClassLoader classPath;
    private Path model;

    @BeforeEach
    void addTheFormatAndWriteAModel() throws IOException {
        Path services = Files.createDirectories(folder.resolve("jar/META-INF/services"));
        Files.writeString(
                services.resolve(ModelFormatProvider.class.getName()), FolderFormat.Provider.class.getName() + "\n");
        classPath = new URLClassLoader(
                new URL[] {folder.resolve("jar").toUri().toURL()}, getClass().getClassLoader());
        Thread.currentThread().setContextClassLoader(classPath);
        model = Files.createDirectory(folder.resolve("model"));
        Files.copy(Demo.MODEL, model.resolve(FolderFormat.FILE));
        Files.writeString(Files.createDirectory(model.resolve("notes")).resolve("readme.txt"), "a".repeat(1_000_000));
    }

    @AfterEach
    void takeTheFormatAway() throws IOException {
        Thread.currentThread().setContextClassLoader(before);
        classPath.close();
    }

    @Test
    void inspectListsTheLayersOfAFolder() {
        Call call = Call.of("inspect", model);

        assertThat(call.err()).isEmpty();
        assertThat(call.exitCode()).isZero();
        assertThat(call.out()).isEqualTo(Call.of("inspect", Demo.MODEL).out());
    }

    @Test
    void evaluateRunsAFolder() {
        Call call = Call.of("evaluate", model, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", 500);

        assertThat(call.out()).containsPattern("^ +model\\R").containsPattern("accuracy +0\\.9300\\R");
    }

    /** The result is there all the same. */
    @Test
    void aFolderThatIsAskedToBeOneFileIsWrittenWithANotice() {
        Path small = folder.resolve("small");

        Call call = Call.of("compress", model, "-o", small, "--layer", "stage*=0.5", "--one-file");

        assertThat(call.exitCode()).isZero();
        assertThat(call.err()).contains("Not written as one file: Models of this format are not saved as one file.");
        assertThat(small.resolve(FolderFormat.FILE)).isRegularFile();
    }

    @Test
    void compressWritesAFolderThatCompareTakes() {
        Path small = folder.resolve("small");
        Path stats = folder.resolve("stats.json");

        Call compressed = Call.of("compress", model, "-o", small, "--layer", "stage*=0.5", "--stats", stats);
        Call compared = Call.of("compare", model, small, "--stats", stats, "--data", Demo.IMAGES, "--samples", 100);

        assertThat(compressed.exitCode()).isZero();
        assertThat(compressed.out()).containsPattern("Wrote " + small + " \\(1\\.\\d\\d MB, was 2\\.99 MB\\)\\.\\R$");
        assertThat(small.resolve(FolderFormat.FILE)).isRegularFile();
        assertThat(compared.exitCode()).isZero();
        assertThat(compared.out()).containsPattern("file +2\\.99 MB +1\\.\\d\\d MB");
    }

    @Test
    void compressReplacesAFolderIfTheFormatDoes() throws IOException {
        Path small = Files.createDirectory(folder.resolve("small"));

        Call call = Call.of("compress", model, "-o", small, "--layer", "stage*=0.5");

        assertThat(call.exitCode()).isZero();
        assertThat(small.resolve(FolderFormat.FILE)).isRegularFile();
    }

    @Test
    void theFolderOfTheModelIsNeverTheOutput() throws IOException {
        byte[] network = Files.readAllBytes(model.resolve(FolderFormat.FILE));

        Call.assertRefused(
                2,
                "wsvd: The output '" + model
                        + "' is an input of this run; inputs are never overwritten. Maybe use another name.",
                "compress",
                model,
                "-o",
                model,
                "--layer",
                "stage*=0.5");
        assertThat(model.resolve(FolderFormat.FILE)).hasBinaryContent(network);
    }

    @Test
    void aFormatThatCannotIsolateSaysSo() {
        Call.assertRefused(
                2,
                "wsvd: Models of the format 'folder' cannot be isolated from this process. Maybe leave isolation out, if"
                        + " you trust the model.",
                "inspect",
                model,
                "--isolate");
    }

    @Test
    void aFolderOfNoFormatIsNoModel() {
        Call.assertRefused(
                2,
                "wsvd: '" + folder + "' is not a model that any format here can open (formats: onnx, folder).",
                "inspect",
                folder);
    }

    @Test
    void aModelFileIsNotCompressedToAFolder() {
        Call.assertRefused(
                2,
                "wsvd: Cannot write '" + folder + "': it is a folder.",
                "compress",
                Demo.MODEL,
                "-o",
                folder,
                "--layer",
                "stage*=0.5");
    }
}
