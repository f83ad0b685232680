package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would have no effect, or says two things at once, is refused or said. */
class UselessOptionsTest {
    @TempDir
    Path folder;

    @Test
    void aLayerTwice() {
        refused(
                "--layer is given twice for 'fc1', the second time as fc1=rank:3. Maybe leave out one.",
                "--layer",
                "fc1=0.5",
                "--layer",
                "fc1=rank:3");
    }

    @Test
    void anInputOrADimTwiceOrBroken() {
        refused(
                "--input-shape gives 'image' twice, the second time as image=2,1,28,28. Maybe leave out one.",
                "--layer",
                "fc1=0.5",
                "--input-shape",
                "image=1,1,28,28",
                "--input-shape",
                "image=2,1,28,28");
        refused(
                "--dim gives 'batch' twice, the second time as batch=2. Maybe leave out one.",
                "--layer",
                "fc1=0.5",
                "--dim",
                "batch=1",
                "--dim",
                "batch=2");
        refused("--dim batch: expected NAME=VALUE.", "--layer", "fc1=0.5", "--dim", "batch");
        refused(
                "--dim batch=many: the value must be a whole number of at least 1.",
                "--layer",
                "fc1=0.5",
                "--dim",
                "batch=many");
        for (String shape : new String[] {"1,1,28,28,", ",1,1,28,28", "1,,28,28", "1,1,28,x"}) {
            refused(
                    "--input-shape image=" + shape
                            + ": the dims must be whole numbers of at least 1 with commas between, such as 1,3,224,224.",
                    "--layer",
                    "fc1=0.5",
                    "--input-shape",
                    "image=" + shape);
        }
    }

    @Test
    void aDropThatIsNoNumber() {
        for (String drop : new String[] {"Infinity", "NaN", "-0.5"}) {
            Call.assertRefused(
                    2,
                    "wsvd: The largest drop of the score must be a number of at least 0, found " + drop + ".",
                    Demo.compress(folder.resolve("out.onnx"), "--max-drop", drop));
        }
    }

    @Test
    void optionsOfAnotherSelection() {
        refused(
                "--monotonic-fit is for --select greedy, found --select manual.",
                "--layer",
                "fc1=0.5",
                "--monotonic-fit");
        refused(
                "--candidates is for --select greedy or tar, found --select manual.",
                "--layer",
                "fc1=0.5",
                "--candidates",
                "5");
        Call.assertRefused(
                2,
                "wsvd: --monotonic-fit is for --select greedy, found --select tar.",
                Demo.compress(folder.resolve("out.onnx"), "--select", "tar", "--target", 0.5, "--monotonic-fit"));
    }

    @Test
    void scoresForLaterThatAreNotKept() {
        Call.assertRefused(
                2,
                "wsvd: --all-scores makes scores for later runs, and they are not kept. Maybe add --scores FILE.",
                Demo.compress(folder.resolve("out.onnx"), "--target", 0.5, "--all-scores"));
    }

    @Test
    void optionsOfTheEnergyRule() {
        refused("The energy rule has no budget; it cannot be combined with --target.", energy("--target", 0.5));
        refused("The energy rule has no budget; it cannot be combined with --max-bytes.", energy("--max-bytes", "1M"));
        refused(
                "The energy rule considers every rank of every unfolding; it cannot be combined with --unfolding.",
                energy("--unfolding", "spatial"));
        refused(
                "The energy rule considers every rank of every unfolding; it cannot be combined with --candidates.",
                energy("--candidates", 5));
        refused("--layer is for --select manual, found --select energy=0.95.", energy("--layer", "fc1=0.5"));
        refused(
                "--scores keeps the scores of networks that are compared; --select energy=0.95 compares none.",
                energy("--scores", folder.resolve("scores.json")));
    }

    private static Object[] energy(Object... more) {
        return Stream.concat(Stream.of("--select", "energy=0.95"), Stream.of(more))
                .toArray();
    }

    @Test
    void optionsOfEvbmf() {
        refused("EVBMF has no budget; it cannot be combined with --target.", evbmf("--target", 0.5));
        refused("EVBMF has no budget; it cannot be combined with --max-drop.", evbmf("--max-drop", 0.1));
        refused("--candidates is for --select greedy or tar, found --select evbmf.", evbmf("--candidates", 5));
        refused("The weakening must be above 0 and at most 1, found 0.0.", evbmf("--weakening", 0));
        refused(
                "--weakening is for --select evbmf, found --select greedy.",
                "--select",
                "greedy",
                "--target",
                0.5,
                "--weakening",
                0.5);
    }

    private static Object[] evbmf(Object... more) {
        return Stream.concat(Stream.of("--select", "evbmf"), Stream.of(more)).toArray();
    }

    @Test
    void selectionsThatThereAreNot() {
        for (String select : new String[] {"best", "Greedy", "energy", "energy=much", "greedy=3", ""}) {
            refused(
                    "--select " + select
                            + ": expected greedy, tar, budget, manual, evbmf or energy=SHARE, such as energy=0.95.",
                    "--select",
                    select);
        }
        for (String share : new String[] {"1", "0.0", "-0.5", "NaN"}) {
            refused(
                    "The share of energy to keep must be above 0 and below 1, found " + Double.valueOf(share) + ".",
                    "--select",
                    "energy=" + share);
        }
    }

    @Test
    void aMetricOfNothing() {
        String message = "--metric is the cost that --target or --max-drop refers to, and neither is given.";
        refused(message, "--max-macs", "6M", "--metric", "memory");
        refused(message, "--plan", "plan.json", "--metric", "memory");
        refused(
                "Unknown cost metric 'watts'; allowed: mac, memory, bytes, latency.",
                "--layer",
                "fc1=0.5",
                "--metric",
                "watts");
    }

    @Test
    void correctionWithoutInputs() {
        refused(
                "--correct needs calibration data, and there is none. Maybe add --calibration.",
                "--layer",
                "fc1=0.5",
                "--correct");
    }

    @Test
    void aDryRunSaysWhatItDoesNotWriteAndChecksThatItCould() {
        Path output = folder.resolve("out.onnx");
        Call call = Call.of("compress", Demo.MODEL, "-o", output, "--dry-run", "--layer", "fc1=0.5");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out()).endsWith("Dry run: no model '" + output + "' written." + System.lineSeparator());
        assertThat(output).doesNotExist();
        Path nowhere = folder.resolve("no").resolve("out.onnx");
        Call.assertRefused(
                2,
                "wsvd: Cannot write '" + nowhere + "': its folder does not exist.",
                "compress",
                Demo.MODEL,
                "-o",
                nowhere,
                "--dry-run",
                "--layer",
                "fc1=0.5");
    }

    private void refused(String message, Object... more) {
        Object[] words = Stream.concat(
                        Stream.of("compress", Demo.MODEL, "-o", folder.resolve("out.onnx")), Stream.of(more))
                .toArray();
        Call.assertRefused(2, "wsvd: " + message, words);
        assertThat(folder.resolve("out.onnx")).doesNotExist();
    }
}
