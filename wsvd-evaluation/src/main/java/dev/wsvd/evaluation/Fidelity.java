package dev.wsvd.evaluation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How near a model's outputs y′ are to the original's outputs y.
 *
 * @param outputs the floating-point outputs by name, in the model's order; at least one
 * @param samples number of samples compared
 */
public record Fidelity(Map<String, Output> outputs, long samples) {
    public Fidelity {
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /**
     * One output. Sums run over all samples and elements.
     *
     * @param argmaxAgreement fraction of positions where the class of the highest value is the same. The classes are dim 1 of
     *     an output of four dims or more ([N,C,H,W]), else the last dim; absent if there is one class. Of equal values the
     *     first is the highest
     * @param cosine mean over the samples of y·y′ / (‖y‖ ‖y′‖); 1 where both are zero, 0 where one is
     * @param noiseToSignal Σ (y − y′)² / Σ y²; 0 if identical, infinite if y is zero and y′ is not, or y′ is not finite where
     *     y is
     */
    public record Output(OptionalDouble argmaxAgreement, double cosine, double noiseToSignal) {
        /** Signal to noise, −10·log₁₀(noiseToSignal), in dB; infinite if identical. */
        public double sqnrDb() {
            return decibels(noiseToSignal);
        }
    }

    /**
     * One number in [0, 1], higher is better, 1 if identical: the mean over the outputs of 1 / (1 + noiseToSignal).
     *
     * <p>It orders models as the SQNR does. Arg-max agreement moves in steps of one sample, so that many candidates tie; this
     * number tells them apart, and its loss, nearly the noise while that is small, nearly adds up over layers split together.
     */
    public double score() {
        return outputs.values().stream()
                .mapToDouble(o -> 1 / (1 + o.noiseToSignal()))
                .average()
                .orElseThrow();
    }

    /** The outputs' mean arg-max agreement, absent if none has classes. */
    public OptionalDouble argmaxAgreement() {
        return outputs.values().stream()
                .flatMapToDouble(o -> o.argmaxAgreement().stream())
                .average();
    }

    /** The outputs' mean cosine. */
    public double cosine() {
        return outputs.values().stream().mapToDouble(Output::cosine).average().orElseThrow();
    }

    /** SQNR in dB of the outputs' mean noise-to-signal ratio; infinite if identical. */
    public double sqnrDb() {
        return decibels(outputs.values().stream()
                .mapToDouble(Output::noiseToSignal)
                .average()
                .orElseThrow());
    }

    private static double decibels(double noiseToSignal) {
        // 0 − x rather than −x, so that equal power is 0 dB and not −0.
        return 0 - 10 * Math.log10(noiseToSignal);
    }
}
