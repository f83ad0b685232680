package dev.wsvd.pipeline;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CompressionScheme;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.List;
import java.util.Set;

/** What everything that chooses ranks in a run works with. */
record RunContext<M>(
        CompressibleModel<M> model,
        List<Layer> layers,
        CostMetric metric,
        WeightSvdParameters parameters,
        CompressionScheme scheme,
        Scoring<M> scoring,
        FactorCache factors,
        Calibrated<M> calibrated,
        Stopwatch stopwatch,
        Progress progress) {
    /** The layers that stay dense because the user says so. */
    Set<LayerId> ignored() {
        return LayerGlob.all(parameters.modulesToIgnore(), layers);
    }

    /** How weights become matrices where one way serves all layers. */
    Unfolding unfolding() {
        return parameters.unfolding().orElse(scheme.unfoldings().get(0));
    }

    /** The original's evaluation, once it is said how many are to come. */
    Evaluation baseline() {
        Evaluation made = scoring.original(model.model());
        scoring.tell("original", made);
        return made;
    }

    /** @throws InvalidInputException if there is nothing to make smaller, or nobody knows what it costs */
    void requireCost() {
        if (layers.isEmpty()) {
            throw new InvalidInputException("The model has no Conv or Linear layer, so there is nothing to compress.");
        }
        if (CostModel.of(layers).of(metric) == 0) {
            throw new InvalidInputException("The model's " + metric + " cost is unknown: the size of no layer could be"
                    + " determined. Maybe give the shapes of its inputs (--input-shape).");
        }
    }
}
