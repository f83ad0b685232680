package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code --quiet} standard error has errors alone. */
class QuietOptionTest {
    @TempDir
    Path folder;

    @Test
    void noticesAreNotPrintedAndResultsAre() {
        Call loud = Call.of(unchanged());
        Call quiet = Call.of(unchanged("--quiet"));

        assertThat(loud.err()).contains("note: No layer is split");
        assertThat(quiet.err()).isEmpty();
        assertThat(quiet.exitCode()).isZero();
        assertThat(quiet.out()).contains("No layer is split", "Dry run: no model written.");
    }

    @Test
    void progressIsNotPrinted() {
        Object[] scored =
                Demo.compress(folder.resolve("small.onnx"), "--samples", 10, "--target", 0.9, "--candidates", 2);
        assertThat(Call.of(scored).err()).containsPattern("\\d+ %.* scores ");
        assertThat(Call.of(with(scored, "-q")).err()).isEmpty();
    }

    @Test
    void errorsArePrinted() {
        Call.assertRefused(2, "wsvd: There is no file or folder 'no-such.onnx'.", "inspect", "-q", "no-such.onnx");
    }

    private static Object[] unchanged(Object... more) {
        return with(new Object[] {"compress", Demo.MODEL, "--dry-run", "--select", "budget", "--target", 1}, more);
    }

    private static Object[] with(Object[] words, Object... more) {
        return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray();
    }
}
