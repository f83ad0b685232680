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
 */
public record QuantizationResult<M>(
        CompressibleModel<M> model,
        Quantization quantization,
        Map<LayerId, String> kept,
        boolean biasCorrected,
        Optional<Evaluation> baseline,
        Optional<Evaluation> evaluation)
        implements AutoCloseable {
    @Override
    public void close() {
        model.close();
    }
}
