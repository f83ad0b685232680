package dev.wsvd.cli;

import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.RangeMethod;
import picocli.CommandLine.Option;

/** Options that say how numbers become int8. */
final class QuantizationArguments {
    @Option(
            names = "--mode",
            paramLabel = "static|dynamic",
            description =
                    "When ranges of activations are found: once, on --calibration (default where there are convolutions), or in each"
                            + " run (default elsewhere).")
    private Mode mode;

    @Option(
            names = "--ranges",
            paramLabel = "min-max|percentile|mse",
            description = "Static: how ranges are found (default: min-max).")
    private RangeMethod ranges;

    @Option(
            names = "--reduce-range",
            negatable = true,
            description =
                    "Weights of 7 bits, for processors that overflow with 8 (default: if the one of this machine does).")
    private Boolean reduceRange;

    @Option(
            names = "--equalize",
            negatable = true,
            fallbackValue = "true",
            description =
                    "With --calibration, scale channels between layers so that all of them use the steps there are (default: yes).")
    private Boolean equalize;

    @Option(
            names = "--correct-bias",
            negatable = true,
            fallbackValue = "true",
            description = "Static: let biases make up for what rounding shifts, where that helps (default: yes).")
    private Boolean correctBias;

    /**
     * Refuses options that would do nothing.
     *
     * @param found when ranges will be found
     * @param calibrated whether there are inputs to calibrate on
     */
    void requireUsed(Mode found, boolean calibrated) {
        if (found == Mode.DYNAMIC) {
            new GivenOptions()
                    .with("--ranges", ranges != null)
                    .with("--correct-bias", correctBias != null)
                    .refuse("Each run finds the ranges of this model");
        }
        if (!calibrated) {
            new GivenOptions()
                    .with("--equalize", equalize != null)
                    .refuse("There is no --calibration to equalize channels on");
        }
    }

    void addTo(ModelQuantizer<?> quantizer) {
        if (mode != null) {
            quantizer.mode(mode);
        }
        if (ranges != null) {
            quantizer.ranges(ranges);
        }
        if (equalize != null) {
            quantizer.equalize(equalize);
        }
        if (correctBias != null) {
            quantizer.correctBias(correctBias);
        }
        if (reduceRange != null) {
            quantizer.sevenBits(reduceRange);
        }
    }
}
