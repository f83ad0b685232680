package dev.wsvd.pipeline;

import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.selection.LayerOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What could be done to each layer, with predicted losses: of a split, the share of its layer's output that it misses, weighted
 * by what such errors do to the model's output.
 *
 * <p>That weight is measured once per layer with calibration inputs, on a split that misses about a tenth: the divergence of
 * the model's outputs over the share missed. Without calibration inputs all layers weigh the same.
 */
final class BudgetOptions<M> {
    /** What the split misses that a layer's weight is measured with. */
    private static final double MEASURED_AT = 0.1;

    private final RunContext<M> run;
    private final Set<LayerId> ignored;

    BudgetOptions(RunContext<M> run) {
        this.run = run;
        this.ignored = run.ignored();
    }

    /**
     * The options of every layer.
     *
     * @param metrics those in one of which a split must save
     */
    List<LayerOptions> of(Set<CostMetric> metrics) {
        List<Layer> layers = run.layers();
        List<LayerOptions> options = new ArrayList<>();
        run.progress().started(Stage.DECOMPOSE, layers.size());
        for (Layer layer : layers) {
            options.add(ignored.contains(layer.id()) ? LayerOptions.dense(layer, true) : of(layer, metrics));
            run.progress()
                    .advanced(
                            Stage.DECOMPOSE,
                            options.size(),
                            layers.size(),
                            layer.id().name(),
                            OptionalDouble.empty());
        }
        run.progress().finished(Stage.DECOMPOSE);
        return options;
    }

    private LayerOptions of(Layer layer, Set<CostMetric> metrics) {
        List<Split> splits = LayerOptions.splits(
                layer, run.scheme().unfoldings(), metrics, run.parameters().multiplicity());
        if (splits.isEmpty()) {
            return LayerOptions.dense(layer, false);
        }
        run.calibrated().moments(layer.id());
        Map<Unfolding, Integer> largest =
                splits.stream().collect(Collectors.toMap(Split::unfolding, Split::rank, Math::max));
        largest.forEach((unfolding, rank) ->
                run.stopwatch().time(Stage.DECOMPOSE, () -> run.factors().factors(layer, unfolding, rank)));
        double weight = weight(layer, splits);
        return LayerOptions.of(layer, splits, split -> weight * missing(layer, split));
    }

    /** The share of the layer's output that a split misses. */
    private double missing(Layer layer, Split split) {
        double error =
                run.factors().factors(layer, split.unfolding(), split.rank()).error(split.rank());
        return error * error;
    }

    private double weight(Layer layer, List<Split> splits) {
        if (!run.calibrated().possible()) {
            return 1;
        }
        Split measured = splits.stream()
                .filter(split -> missing(layer, split) > 0)
                .min(Comparator.comparingDouble(split -> Math.abs(Math.log(missing(layer, split) / MEASURED_AT))))
                .orElse(null);
        if (measured == null) {
            return 1;
        }
        double divergence = run.calibrated().divergence(List.of(run.factors().at(layer, measured)));
        return Double.isFinite(divergence) ? Math.max(0, divergence) / missing(layer, measured) : 1;
    }
}
