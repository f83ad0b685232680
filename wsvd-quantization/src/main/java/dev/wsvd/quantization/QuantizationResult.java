package dev.wsvd.quantization;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.Map;
import java.util.Optional;

/**
 * A model in int8, and what was done.
 *
 * @param model closed by whoever got it
 * @param kept why layers are in float still, by layer
 * @param biasCorrected whether correcting biases brought the outputs nearer to the original's, so that it was kept
 * @param baseline the original's evaluation, if there was an evaluator
 * @param evaluation that of the result
 * @param outputErrors relative error of what each layer in int8 gives in the result, beside the network in float; absent where it was
 *     not measured
 */
public record QuantizationResult<M>(
        CompressibleModel<M> model,
        Quantization quantization,
        Map<LayerId, String> kept,
        boolean biasCorrected,
        Optional<Evaluation> baseline,
        Optional<Evaluation> evaluation,
        Map<LayerId, Double> outputErrors)
        implements AutoCloseable {
    QuantizationResult<M> withErrors(Map<LayerId, Double> measured) {
        return new QuantizationResult<>(model, quantization, kept, biasCorrected, baseline, evaluation, measured);
    }

    @Override
    public void close() {
        model.close();
    }
}
