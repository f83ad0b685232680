package dev.wsvd.pipeline;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/** Applies a plan: all layers at once, or one after the other with fine-tuning in between. */
final class LayerSplitter<M> {
    /**
     * What came out.
     *
     * @param errors relative reconstruction error of each split layer
     */
    record Outcome<M>(CompressibleModel<M> model, Map<LayerId, Double> errors) {}

    private final CompressibleModel<M> original;
    private final Map<LayerId, Layer> layers;
    private final FactorCache factors;
    private final Stopwatch stopwatch;
    private final Progress progress;

    LayerSplitter(RunContext<M> run) {
        this.original = run.model();
        this.layers = Layers.byId(run.layers());
        this.factors = run.factors();
        this.stopwatch = run.stopwatch();
        this.progress = run.progress();
    }

    /**
     * The original with the plan's layers split.
     *
     * @param correction what is done to all splits once they are made
     */
    Outcome<M> split(RankPlan plan, UnaryOperator<List<FactorizedLayer>> correction) {
        List<FactorizedLayer> splits = new ArrayList<>();
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        int total = plan.splits().size();
        progress.started(Stage.DECOMPOSE, total);
        plan.splits().forEach((id, split) -> {
            FactorizedLayer factorized = factorize(factors, id, split);
            splits.add(factorized);
            errors.put(id, factorized.error());
            progress.advanced(Stage.DECOMPOSE, splits.size(), total, id.name(), OptionalDouble.empty());
        });
        progress.finished(Stage.DECOMPOSE);
        return new Outcome<>(original.with(correction.apply(splits)), errors);
    }

    /**
     * The same, layer by layer, with a fine-tuning step after each and one at the end. The tuner is given copies, never the
     * original.
     */
    Outcome<M> split(RankPlan plan, FineTuner<M> tuner) {
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        Map<LayerId, RankDecision.Split> splits = plan.splits();
        int total = splits.size() + 1;
        int done = 0;
        progress.started(Stage.FINE_TUNE, total);
        CompressibleModel<M> model = original.with(List.of());
        try {
            for (Map.Entry<LayerId, RankDecision.Split> entry : splits.entrySet()) {
                LayerId id = entry.getKey();
                FactorCache current = unchanged(model, id) ? factors : factors.forModel(model);
                FactorizedLayer factorized = factorize(current, id, entry.getValue());
                errors.put(id, factorized.error());
                model = replace(model, model.with(List.of(factorized)));
                model = tune(model, split -> tuner.tuneLayer(split, id));
                progress.advanced(Stage.FINE_TUNE, ++done, total, id.name(), OptionalDouble.empty());
            }
            model = tune(model, tuner::tuneModel);
            progress.advanced(Stage.FINE_TUNE, ++done, total, "the whole model", OptionalDouble.empty());
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
        progress.finished(Stage.FINE_TUNE);
        return new Outcome<>(model, errors);
    }

    private CompressibleModel<M> tune(CompressibleModel<M> model, UnaryOperator<CompressibleModel<M>> training) {
        return replace(model, stopwatch.time(Stage.FINE_TUNE, () -> training.apply(model)));
    }

    private static <M> CompressibleModel<M> replace(CompressibleModel<M> old, CompressibleModel<M> now) {
        if (old != now) {
            old.close();
        }
        return now;
    }

    private FactorizedLayer factorize(FactorCache from, LayerId id, RankDecision.Split split) {
        return stopwatch.time(Stage.DECOMPOSE, () -> from.take(layers.get(id), split));
    }

    private boolean unchanged(CompressibleModel<M> model, LayerId id) {
        return model == original || Arrays.equals(model.weight(id), original.weight(id));
    }
}
