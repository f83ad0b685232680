package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands print. */
class OutputTest {
    @TempDir
    Path folder;

    @Test
    void inspectListsTheDemoNetworkWithTheCostsItsReadmeGives() {
        Call call = Call.of("inspect", Demo.MODEL);

        assertThat(call.exitCode()).isZero();
        assertThat(call.err()).isEmpty();
        assertThat(call.out().lines().findFirst().orElseThrow().split("  +"))
                .containsExactly("layer", "kind", "weight", "output", "MAC", "share", "params", "max rank", "note");
        assertThat(call.out())
                .contains("stem.conv")
                .contains("no input-channel rank saves memory")
                .contains("64×64×3×3");
        assertThat(call.out().lines().reduce((a, b) -> b).orElseThrow())
                .matches("13 layers, 1\\d can be split: 12\\.7 MMAC, 493 k params");
    }

    @Test
    void inspectLooksAtTheUnfoldingAskedFor() {
        Call call = Call.of("inspect", Demo.MODEL, "--unfolding", "output-channel");

        assertThat(call.out()
                        .lines()
                        .filter(line -> line.startsWith("stem.conv"))
                        .findFirst()
                        .orElseThrow())
                .matches(".* 14");
    }

    @Test
    void inspectPrintsJson() {
        Call call = Call.of("inspect", Demo.MODEL, "--json");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out()).contains("\"total\"").contains("12700032").contains("492576");
    }

    @Test
    void providersListsTheBackendAndTheFormatInside() {
        Call call = Call.of("providers");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out().lines().map(line -> line.replaceAll(" +", " ")))
                .anyMatch(line -> line.matches("backend ejml \\S+ \\d+ available"))
                .anyMatch(line -> line.matches("format onnx \\S+ \\d+ available"));
    }

    @Test
    void evaluateAndCompareMeasureRealModels() {
        Path small = folder.resolve("small.onnx");
        Call.of("compress", Demo.MODEL, "-o", small, "--layer", "stage*=0.5");

        Call evaluated =
                Call.of("evaluate", Demo.MODEL, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", 500);
        Call compared =
                Call.of("compare", Demo.MODEL, small, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", 500);

        assertThat(evaluated.exitCode()).isZero();
        assertThat(evaluated.out()).containsPattern("accuracy +0\\.9\\d\\d\\d").containsPattern("latency.* ms");
        assertThat(compared.exitCode()).isZero();
        assertThat(compared.out())
                .contains("accuracy (500 samples)")
                .contains("same arg-max")
                .contains("SQNR")
                .containsPattern("MAC +12\\.7 MMAC");
    }

    @ParameterizedTest
    @ValueSource(strings = {"inspect", "compress", "evaluate", "compare", "providers", "demo"})
    void everyCommandHasHelpWithAnExample(String command) {
        Call call = Call.of(command, "--help");

        assertThat(call.exitCode()).isZero();
        assertThat(call.out())
                .contains("Usage: wsvd " + command)
                .contains("Example")
                .contains("  wsvd " + command);
    }

    @Test
    void withoutACommandItShowsTheHelp() {
        assertThat(Call.of().out()).contains("Usage: wsvd").contains("Exit codes:");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 MAC",
        "999, 999 MAC",
        "1000, 1.00 kMAC",
        "1819066368, 1.82 GMAC",
        "999999, 1.00 MMAC",
        "15500000000, 15.5 GMAC"
    })
    void costsHaveThreeDigitsAndAUnit(long macs, String text) {
        assertThat(Units.macs(macs)).isEqualTo(text);
    }
}
