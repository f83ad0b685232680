package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.quantization.Int8Scheme;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.selection.LayerGlob;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Networks in int8. What stands in the place of a layer that can be int8 is; so is a layer that nothing replaces, but where bits are
 * chosen only if a plan says so.
 */
final class Int8<M> {
    private static final String KEPT = "int8";

    private final Settings<M> settings;
    private final Set<LayerId> ignored;
    private final boolean chosen;
    private final Mode mode;
    private final Set<LayerId> layers;
    /** What is known of layers; measured once. */
    private Map<LayerId, Double> losses = Map.of();

    /**
     * @param ignored globs of layers that stay in float
     * @param chosen whether bits are a choice of the selection
     * @throws dev.wsvd.domain.error.InvalidInputException if the format has no int8, no layer can be int8, or inputs are missing
     */
    Int8(Settings<M> settings, List<String> ignored, boolean chosen) {
        this.settings = settings;
        this.ignored = LayerGlob.all(ignored, settings.model.layers());
        this.chosen = chosen;
        ModelQuantizer<M> original = quantizer(settings.model, this.ignored);
        this.mode = original.requirePossible();
        this.layers = original.layers().stream().map(Layer::id).collect(Collectors.toUnmodifiableSet());
    }

    private ModelQuantizer<M> quantizer(CompressibleModel<M> of, Set<LayerId> inFloat) {
        ModelQuantizer<M> quantizer = ModelQuantizer.of(of).ignore(layer -> inFloat.contains(layer.id()));
        settings.calibration.ifPresent(quantizer::calibration);
        return quantizer;
    }

    /** Layers of the original that can be int8. */
    Set<LayerId> layers() {
        return layers;
    }

    boolean isChosen() {
        return chosen;
    }

    /** The plan without what does nothing to the network in float. */
    static Plan inFloat(Plan plan) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>(plan.decisions());
        decisions.replaceAll((layer, decision) -> decision instanceof Decision.Change change && isInt8(change.choice())
                ? new Decision.Keep(KEPT)
                : decision);
        return new Plan(decisions);
    }

    static boolean isInt8(Choice choice) {
        return choice.form().equals(Int8Scheme.ID);
    }

    /** Measures how much each layer in int8 alone changes the outputs. */
    void weigh(ProgressListener listener) {
        losses = quantizer(settings.model, ignored).listener(listener).losses();
    }

    /** Whether there are inputs to {@link #weigh} with, and it was not done. */
    boolean isToWeigh() {
        return losses.isEmpty() && settings.calibration.isPresent();
    }

    /**
     * How much rounding the layers that an option changes does to the outputs: the sum over them of what each does alone, as it was
     * {@linkplain #weigh measured}.
     *
     * @param error the error of a layer's rounded weight, whose square stands for what was not measured
     */
    double loss(Site site, Option option, Function<LayerId, Double> error) {
        Set<LayerId> changed = option.isAlone() ? Set.of(site.id()) : option.together();
        return changed.stream()
                .filter(layers::contains)
                .mapToDouble(layer -> {
                    double measured = losses.getOrDefault(layer, Double.NaN);
                    return Double.isFinite(measured) ? measured : Math.pow(error.apply(layer), 2);
                })
                .sum();
    }

    /**
     * A network after a plan, in int8.
     *
     * @param inFloat is closed, or given back where no layer is to be int8
     * @param changed layers that the plan changes
     */
    CompressibleModel<M> tuned(CompressibleModel<M> inFloat, Set<LayerId> changed, ProgressListener listener) {
        return quantized(
                inFloat,
                changed,
                quantizer -> quantizer.listener(listener).quantize().model());
    }

    /** The same with ranges that mean nothing, to be timed. */
    CompressibleModel<M> untuned(CompressibleModel<M> inFloat, Set<LayerId> changed) {
        return quantized(inFloat, changed, ModelQuantizer::untuned);
    }

    private CompressibleModel<M> quantized(
            CompressibleModel<M> inFloat,
            Set<LayerId> changed,
            Function<ModelQuantizer<M>, CompressibleModel<M>> making) {
        Predicate<LayerId> wanted = layer -> layers.contains(layer) && (!chosen || changed.contains(layer));
        if (layers.stream().noneMatch(wanted)) {
            return inFloat;
        }
        try (inFloat) {
            Set<LayerId> staying = new HashSet<>();
            for (Layer layer : settings.model.layers()) {
                if (!wanted.test(layer.id())) {
                    staying.addAll(inFloat.stagesOf(layer.id()));
                }
            }
            return making.apply(quantizer(inFloat, staying).mode(mode));
        }
    }
}
