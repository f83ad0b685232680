package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Schemes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Applies a plan: all layers at once, or one after the other with fine-tuning in between. */
final class LayerReplacer<M> {
    /**
     * What came out.
     *
     * @param errors predicted relative error of each replaced layer
     * @param cuts what was left of units
     */
    record Outcome<M>(CompressibleModel<M> model, Map<LayerId, Double> errors, List<Cut> cuts) {
        /** What is made of the model at last. */
        Outcome<M> then(UnaryOperator<CompressibleModel<M>> last) {
            return new Outcome<>(last.apply(model), errors, cuts);
        }
    }

    private static List<Cut> cuts(List<Replacement> replacements) {
        return replacements.stream()
                .flatMap(replacement -> replacement.cut().stream())
                .toList();
    }

    private final CompressibleModel<M> original;
    private final Map<LayerId, Place> places;
    private final Schemes schemes;
    private final Factorization<M> factorization;
    private final FactorCache factors;
    private final Progress progress;
    private final Workload workload;

    LayerReplacer(
            CompressibleModel<M> original,
            List<Place> places,
            Schemes schemes,
            Factorization<M> factorization,
            FactorCache factors,
            Progress progress,
            Workload workload) {
        this.original = original;
        this.schemes = schemes;
        this.places = new LinkedHashMap<>();
        places.forEach(place -> this.places.put(place.id(), place));
        this.factorization = factorization;
        this.factors = factors;
        this.progress = progress;
        this.workload = workload;
    }

    /** What a plan puts in layers' places for a quick look, made without searching long. */
    List<Replacement> quick(Plan plan) {
        return plan.changes().entrySet().stream()
                .map(change -> progress.time(
                        Stage.DECOMPOSE, () -> factors.at(places.get(change.getKey()), change.getValue())))
                .toList();
    }

    /** What a plan puts in layers' places. */
    List<Replacement> refined(Plan plan) {
        return plan.changes().entrySet().stream()
                .map(change -> replacement(change.getKey(), place -> factors.refined(place, change.getValue())))
                .toList();
    }

    /**
     * The original after a plan.
     *
     * @param correction what is done to all replacements once they are made
     */
    Outcome<M> replace(Plan plan, UnaryOperator<List<Replacement>> correction) {
        List<Replacement> replacements = new ArrayList<>();
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        try (KeptStages kept = new KeptStages()) {
            Map<LayerId, Replacement> made = new HashMap<>();
            factorization.refined(plan.changes(), (id, replacement) -> made.put(id, kept.kept(replacement)));
            plan.changes().keySet().forEach(id -> {
                replacements.add(made.get(id));
                errors.put(id, made.get(id).predictedError());
            });
            List<Replacement> corrected = correction.apply(replacements);
            return new Outcome<>(original.with(corrected), errors, cuts(corrected));
        }
    }

    /**
     * The same, step by step, with a fine-tuning step after each and one at the end: cuts first and together, since they are made of
     * the original's couplings, then layer by layer. The tuner is given copies, never the original. Layers whose weights the tuning
     * changed are decomposed again.
     */
    Outcome<M> replace(Plan plan, FineTuner<M> tuner) {
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        Map<LayerId, Choice> changes = plan.changes();
        List<Replacement> cuts = changes.entrySet().stream()
                .filter(change -> isCut(change.getKey(), change.getValue()))
                .map(cut -> take(factors, cut.getKey(), cut.getValue()))
                .toList();
        cuts.forEach(cut -> errors.put(cut.layer().id(), cut.predictedError()));
        CompressibleModel<M> model = original.with(cuts);
        try {
            for (Replacement cut : cuts) {
                LayerId id = cut.layer().id();
                model = tune(model, id.name(), replaced -> tuner.tuneLayer(replaced, id));
            }
            for (Map.Entry<LayerId, Choice> change : changes.entrySet()) {
                LayerId id = change.getKey();
                if (errors.containsKey(id)) {
                    continue;
                }
                FactorCache current = unchanged(model, id, change.getValue()) ? factors : factors.forModel(model);
                Replacement replacement = take(current, id, change.getValue());
                errors.put(id, replacement.predictedError());
                model = exchanged(model, model.with(List.of(replacement)));
                model = tune(model, id.name(), replaced -> tuner.tuneLayer(replaced, id));
            }
            model = tune(model, "the whole model", tuner::tuneModel);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
        return new Outcome<>(model, errors, cuts(cuts));
    }

    private CompressibleModel<M> tune(
            CompressibleModel<M> model, String about, UnaryOperator<CompressibleModel<M>> training) {
        return exchanged(
                model, progress.step(Stage.FINE_TUNE, about, workload.training(), () -> training.apply(model)));
    }

    private static <M> CompressibleModel<M> exchanged(CompressibleModel<M> old, CompressibleModel<M> now) {
        if (old != now) {
            old.close();
        }
        return now;
    }

    private Replacement take(FactorCache from, LayerId id, Choice choice) {
        return replacement(id, place -> from.take(place, choice));
    }

    private Replacement replacement(LayerId id, Function<Place, Replacement> making) {
        Place place = places.get(id);
        return progress.step(Stage.REPLACE, id.name(), workload.replacement(place.layer()), () -> making.apply(place));
    }

    private boolean isCut(LayerId id, Choice choice) {
        return schemes.blueprint(places.get(id), choice).isCut();
    }

    private boolean unchanged(CompressibleModel<M> model, LayerId id, Choice choice) {
        return schemes.blueprint(places.get(id), choice).layers().stream()
                .allMatch(layer -> Arrays.equals(
                        model.weights(layer).all(), original.weights(layer).all()));
    }
}
