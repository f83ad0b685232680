package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Moments of calibration data, kept and used again, and the schemes that may be chosen from. */
class LearningTest {
    @TempDir
    Path folder;

    @Test
    void whatIsWeighedLaterIsKeptToo() throws IOException {
        Path moments = folder.resolve("moments.npz");
        plan("one.json", "--calibration", Demo.CALIBRATION, "--moments", moments, "--scheme", "spatial-svd");
        byte[] before = Files.readAllBytes(moments);
        plan("two.json", "--calibration", Demo.CALIBRATION, "--moments", moments);
        assertThat(Files.readAllBytes(moments)).hasSizeGreaterThan(before.length);
        plan("three.json", "--moments", moments);

        assertThat(layers("three.json")).isEqualTo(layers("two.json"));
    }

    @Test
    void momentsAreKeptAndUsedAgain() throws IOException {
        Path moments = folder.resolve("moments.npz");
        plan("one.json", "--calibration", Demo.CALIBRATION, "--moments", moments);
        byte[] kept = Files.readAllBytes(moments);
        plan("two.json", "--calibration", Demo.CALIBRATION, "--moments", moments);
        plan("three.json", "--moments", moments);

        assertThat(Files.readAllBytes(moments)).isEqualTo(kept);
        assertThat(folder.resolve("two.json")).hasSameTextualContentAs(folder.resolve("one.json"));
        assertThat(layers("three.json")).contains("\"split\"").isEqualTo(layers("one.json"));
    }

    private String layers(String plan) throws IOException {
        String text = Files.readString(folder.resolve(plan));
        return text.substring(text.indexOf("\"layers\""));
    }

    @Test
    void theSchemeSaysHowLayersAreSplit() throws IOException {
        plan("spatial.json", "--scheme", "spatial-svd", "--select", "budget");
        plan("weight.json", "--scheme", "weight-svd", "--select", "budget");
        plan("ratio.json", "--unfolding", "spatial", "--layer", "stage*.conv?=0.4");

        assertThat(Files.readString(folder.resolve("spatial.json")))
                .contains("\"spatial\"")
                .doesNotContain("channel");
        assertThat(Files.readString(folder.resolve("weight.json")))
                .contains("\"input-channel\"")
                .doesNotContain("spatial");
        assertThat(Files.readString(folder.resolve("ratio.json"))).contains("\"spatial\"");
    }

    @Test
    void aSpatiallySplitModelRunsAndSavesWhatItSays() {
        Path small = folder.resolve("small.onnx");
        Call made = Call.of(
                Demo.compress(small, "--samples", 500, "--layer", "stage*.conv?=0.6", "--unfolding", "spatial"));
        Call shown = Call.of("inspect", small);

        assertThat(made.exitCode()).isZero();
        assertThat(made.out()).containsPattern("accuracy \\(500 samples\\) +0\\.9\\d+ +0\\.[89]");
        assertThat(shown.out()).containsPattern("stage1\\.0\\.conv1_svd_a +conv +\\d+×32×3×1 +\\d+×14×14");
        assertThat(shown.out()).containsPattern("stage1\\.0\\.conv1_svd_b +conv +32×\\d+×1×3 +32×14×14");
    }

    @Test
    void whatDoesNotGoTogether() {
        Path moments = folder.resolve("moments.npz");
        refused(
                "wsvd: --correct needs calibration data, which --moments does not hold. Maybe add --calibration.",
                "--moments",
                moments,
                "--correct");
        refused("wsvd: The file " + moments + " does not exist.", "--moments", moments);
        refused(
                "wsvd: Unknown compression scheme 'svd'; allowed: weight-svd, spatial-svd, tucker-2, cp,"
                        + " embedding-svd, channel-pruning, head-cut, sibling-split, any.",
                "--select",
                "budget",
                "--scheme",
                "svd");
        refused(
                "wsvd: The spatial unfolding does not belong to weight-svd; allowed: [input-channel, output-channel].",
                "--layer",
                "fc1=0.5",
                "--scheme",
                "weight-svd",
                "--unfolding",
                "spatial");
    }

    private void plan(String file, Object... more) {
        Call call = Call.of(dryRun(
                Stream.concat(Stream.of("--multiplicity", "8", "--save-plan", folder.resolve(file)), Stream.of(more))));
        assertThat(call.exitCode()).as(call.err()).isZero();
    }

    private void refused(String message, Object... more) {
        Call.assertRefused(2, message, dryRun(Stream.of(more)));
    }

    private static Object[] dryRun(Stream<Object> more) {
        return Stream.concat(Stream.of("compress", Demo.MODEL, "--dry-run", "--target", "0.5"), more)
                .toArray();
    }
}
