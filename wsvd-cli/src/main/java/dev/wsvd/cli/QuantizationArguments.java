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
            defaultValue = "min-max",
            description = "Static: how ranges are found (default: ${DEFAULT-VALUE}).")
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
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "With --calibration, scale channels between layers so that all of them use the steps there are (default: yes).")
    private boolean equalize;

    @Option(
            names = "--correct-bias",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Static: let biases make up for what rounding shifts, where that helps (default: yes).")
    private boolean correctBias;

    void addTo(ModelQuantizer<?> quantizer) {
        quantizer.ranges(ranges).equalize(equalize).correctBias(correctBias);
        if (mode != null) {
            quantizer.mode(mode);
        }
        if (reduceRange != null) {
            quantizer.sevenBits(reduceRange);
        }
    }
}
