package dev.wsvd.quantization;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Encoding;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.spi.Quantizable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Makes the layers of a model compute in int8.
 *
 * <pre>{@code
 * try (QuantizationResult<M> result = ModelQuantizer.of(model).calibration(inputs).quantize()) {
 *     result.model().save(path);
 * }
 * }</pre>
 *
 * <p>Weights are symmetric with a scale per output channel. Activations of convolutional networks have ranges that are found on calibration
 * inputs ({@link Mode#STATIC}), those of other networks ranges that each run finds ({@link Mode#DYNAMIC}).
 *
 * @param <M> what the format's users call a model
 */
public final class ModelQuantizer<M> {
    private final CompressibleModel<M> original;
    private Optional<Activations<M>> calibration = Optional.empty();
    private Optional<Mode> mode = Optional.empty();
    private RangeMethod ranges = RangeMethod.MIN_MAX;
    private Predicate<Layer> ignored = layer -> false;
    private Optional<Evaluator<M>> evaluator = Optional.empty();
    private OptionalDouble maxDrop = OptionalDouble.empty();
    private Optional<Boolean> sevenBits = Optional.empty();
    private boolean equalize = true;
    private boolean correctBias = true;
    private ProgressListener listener = ProgressListener.SILENT;

    private ModelQuantizer(CompressibleModel<M> original) {
        this.original = Objects.requireNonNull(original, "original");
    }

    /** A quantizer of that model, which is never changed. */
    public static <M> ModelQuantizer<M> of(CompressibleModel<M> model) {
        return new ModelQuantizer<>(model);
    }

    /** Unlabelled inputs on which ranges are found; {@link Mode#STATIC} needs them. */
    public ModelQuantizer<M> calibration(Activations<M> inputs) {
        this.calibration = Optional.of(inputs);
        return this;
    }

    /** When ranges are found; by default once if the model has convolutions, else in each run. */
    public ModelQuantizer<M> mode(Mode chosen) {
        this.mode = Optional.of(chosen);
        return this;
    }

    /** How ranges are found; {@link RangeMethod#MIN_MAX} by default. */
    public ModelQuantizer<M> ranges(RangeMethod chosen) {
        this.ranges = Objects.requireNonNull(chosen, "chosen");
        return this;
    }

    /** Layers that stay in float; none by default. */
    public ModelQuantizer<M> ignore(Predicate<Layer> layers) {
        this.ignored = Objects.requireNonNull(layers, "layers");
        return this;
    }

    /** What scores the model before and after. */
    public ModelQuantizer<M> evaluator(Evaluator<M> chosen) {
        this.evaluator = Optional.of(chosen);
        return this;
    }

    /** By how much the score may fall: the layers whose rounding changes the outputs most stay float until it does not more. */
    public ModelQuantizer<M> maxDrop(double drop) {
        if (!(drop >= 0)) {
            throw new InvalidInputException("The largest drop must be at least 0, found " + drop + ".");
        }
        this.maxDrop = OptionalDouble.of(drop);
        return this;
    }

    /** Whether weights have 7 bits; by default where the engine on this machine overflows with 8. */
    public ModelQuantizer<M> sevenBits(boolean wanted) {
        this.sevenBits = Optional.of(wanted);
        return this;
    }

    /** Whether channels between layers are scaled so that all of them use the steps there are; true by default. */
    public ModelQuantizer<M> equalize(boolean wanted) {
        this.equalize = wanted;
        return this;
    }

    /** Whether biases make up for what rounding shifts; true by default. */
    public ModelQuantizer<M> correctBias(boolean wanted) {
        this.correctBias = wanted;
        return this;
    }

    /** Who hears of progress; nobody by default. */
    public ModelQuantizer<M> listener(ProgressListener chosen) {
        this.listener = Objects.requireNonNull(chosen, "chosen");
        return this;
    }

    /**
     * Makes the model.
     *
     * @throws InvalidInputException if the format has no int8, no layer can be int8, or inputs are missing or do not fit
     * @throws UnreachableTargetException if the score falls by more than is allowed whatever stays float
     */
    public QuantizationResult<M> quantize() {
        Quantizable<M> model = original.quantizable();
        Mode chosen = requirePossible(model);
        calibration.ifPresent(inputs -> inputs.requireFit(original.model()));
        return new Quantizing(model, chosen).result();
    }

    /**
     * Finds out before long work, such as compressing the model first, that {@link #quantize} would refuse it.
     *
     * @return when ranges will be found
     * @throws InvalidInputException if the format has no int8, no layer can be int8, or something is missing
     */
    public Mode requirePossible() {
        return requirePossible(original.quantizable());
    }

    private Mode requirePossible(Quantizable<M> model) {
        Mode chosen = mode.orElseGet(() -> usual(model));
        if (chosen == Mode.STATIC && calibration.isEmpty()) {
            throw new InvalidInputException(
                    "Static int8 needs calibration inputs, on which ranges are found, and there are"
                            + " none. Maybe add some, or make it dynamic.");
        }
        if (maxDrop.isPresent() && evaluator.isEmpty()) {
            throw new InvalidInputException("A largest drop needs something to score by, and there is nothing.");
        }
        if (maxDrop.isPresent() && calibration.isEmpty()) {
            throw new InvalidInputException("With a largest drop, which layers should stay float is found on calibration inputs,"
                    + " and there are none. Maybe add some.");
        }
        if (model.layers(chosen).stream().allMatch(ignored)) {
            throw new InvalidInputException("No layer of the model can be int8: "
                    + model.refused(chosen).values().stream().findFirst().orElse("all are ignored") + ".");
        }
        return chosen;
    }

    private Mode usual(Quantizable<M> model) {
        boolean convolves = model.layers(Mode.STATIC).stream().anyMatch(layer -> layer.op() instanceof Convolution);
        return convolves ? Mode.STATIC : Mode.DYNAMIC;
    }

    /** One run. */
    private final class Quantizing {
        private final Mode mode;
        private final Map<LayerId, String> kept = new LinkedHashMap<>();
        private final Quantizable<M> model;
        private final List<Layer> layers;
        private final boolean narrow;
        private final Map<LayerId, QuantizedLayer> rounded = new HashMap<>();
        private final Map<String, Encoding> encodings = new HashMap<>();
        private boolean corrected;
        private double reached;

        Quantizing(Quantizable<M> given, Mode mode) {
            this.mode = mode;
            kept.putAll(given.refused(mode));
            List<Layer> possible = new ArrayList<>();
            for (Layer layer : given.layers(mode)) {
                if (ignored.test(layer)) {
                    kept.put(layer.id(), "ignored");
                } else {
                    possible.add(layer);
                }
            }
            this.layers = possible;
            this.narrow = sevenBits.orElseGet(given::overflows);
            this.model = equalize && calibration.isPresent() ? equalized(given) : given;
        }

        private Quantizable<M> equalized(Quantizable<M> given) {
            List<LayerId> ids = layers.stream().map(Layer::id).toList();
            List<Quantizable.Chain> chains = given.chains().stream()
                    .filter(chain -> ids.contains(chain.first()) && ids.contains(chain.second()))
                    .toList();
            if (chains.isEmpty()) {
                return given;
            }
            doing(ProgressEvent.Stage.CALIBRATE, "equalization", 0.05);
            return Equalization.of(given, calibration.orElseThrow(), chains);
        }

        QuantizationResult<M> result() {
            Optional<Evaluation> baseline = evaluator.map(of -> {
                doing(ProgressEvent.Stage.EVALUATE, "the original", 0.1);
                return of.evaluate(original.model(), Evaluator.ALL);
            });
            doing(ProgressEvent.Stage.CALIBRATE, "ranges", 0.2);
            Quantization all = quantization(layers);
            CompressibleModel<M> made = model.with(all);
            Optional<Evaluation> evaluation = evaluated(made);
            if (maxDrop.isPresent() && drop(baseline, evaluation) > maxDrop.getAsDouble()) {
                made.close();
                return withFloat(baseline, drop(baseline, evaluation));
            }
            return finished(new QuantizationResult<>(made, all, Map.copyOf(kept), corrected, baseline, evaluation));
        }

        private QuantizationResult<M> finished(QuantizationResult<M> result) {
            listener.onEvent(
                    new ProgressEvent.Advanced(1, Optional.of(Duration.ZERO), ProgressEvent.Stage.REPLACE, ""));
            return result;
        }

        private Optional<Evaluation> evaluated(CompressibleModel<M> made) {
            return evaluator.map(of -> {
                doing(ProgressEvent.Stage.EVALUATE, "int8", 0.6);
                try {
                    return of.evaluate(made.model(), Evaluator.ALL);
                } catch (RuntimeException | Error e) {
                    made.close();
                    throw e;
                }
            });
        }

        private double drop(Optional<Evaluation> baseline, Optional<Evaluation> evaluation) {
            return baseline.orElseThrow().score() - evaluation.orElseThrow().score();
        }

        private Quantization quantization(List<Layer> some) {
            List<QuantizedLayer> quantized = some.stream()
                    .map(layer -> rounded.computeIfAbsent(
                            layer.id(),
                            id -> new QuantizedLayer(
                                    id, WeightRounding.of(id, model.model().weights(id), narrow), Optional.empty())))
                    .toList();
            if (mode == Mode.DYNAMIC) {
                return new Quantization(mode, quantized, Map.of());
            }
            Set<String> tensors = model.activations(some.stream().map(Layer::id).toList());
            Quantization plain = new Quantization(mode, quantized, encodings(tensors));
            return correctBias ? better(plain) : plain;
        }

        private Map<String, Encoding> encodings(Set<String> tensors) {
            Set<String> missing = new TreeSet<>(tensors);
            missing.removeAll(encodings.keySet());
            encodings.putAll(new ActivationRanges<>(model, calibration.orElseThrow()).encodings(missing, ranges));
            Map<String, Encoding> used = new HashMap<>(encodings);
            used.keySet().retainAll(tensors);
            return used;
        }

        /** With corrected biases, if that brings the outputs nearer to the original's. */
        private Quantization better(Quantization plain) {
            doing(ProgressEvent.Stage.CORRECT, "biases", 0.4);
            Activations<M> inputs = calibration.orElseThrow();
            Quantization other = new BiasCorrection<>(model, inputs).corrected(plain);
            try (Divergence<M> divergence = new Divergence<>(inputs, original.model());
                    CompressibleModel<M> before = model.with(plain);
                    CompressibleModel<M> after = model.with(other)) {
                corrected = divergence.of(after.model()) < divergence.of(before.model());
                return corrected ? other : plain;
            }
        }

        /** The fewest layers in float, of those in the order in which rounding one alone changes the outputs, that keep the score. */
        private QuantizationResult<M> withFloat(Optional<Evaluation> baseline, double ofAll) {
            List<Layer> worstFirst = bySensitivity();
            int few = 1;
            int many = worstFirst.size() - 1;
            Optional<QuantizationResult<M>> best = Optional.empty();
            double least = ofAll;
            while (few <= many) {
                int count = (few + many) / 2;
                List<Layer> inFloat = worstFirst.subList(0, count);
                Quantization some = quantization(layers.stream()
                        .filter(layer -> !inFloat.contains(layer))
                        .toList());
                CompressibleModel<M> made = model.with(some);
                Optional<Evaluation> evaluation = evaluated(made);
                double drop = drop(baseline, evaluation);
                least = Math.min(least, drop);
                if (drop <= maxDrop.getAsDouble()) {
                    best.ifPresent(QuantizationResult::close);
                    Map<LayerId, String> floats = new LinkedHashMap<>(kept);
                    inFloat.forEach(layer -> floats.put(layer.id(), "rounding it costs too much"));
                    best = Optional.of(new QuantizationResult<>(made, some, floats, corrected, baseline, evaluation));
                    many = count - 1;
                } else {
                    made.close();
                    few = count + 1;
                }
            }
            double closest = least;
            return finished(best.orElseThrow(() -> new UnreachableTargetException(String.format(
                    Locale.ROOT,
                    "The score falls by %.4f at least with any layer in int8, and %.4f is allowed.",
                    closest,
                    maxDrop.getAsDouble()))));
        }

        private List<Layer> bySensitivity() {
            Map<LayerId, Double> divergences = new HashMap<>();
            Activations<M> inputs = calibration.orElseThrow();
            try (Divergence<M> divergence = new Divergence<>(inputs, original.model())) {
                for (Layer layer : layers) {
                    doing(ProgressEvent.Stage.WEIGH, layer.id().name(), 0.7);
                    Quantization alone = alone(layer);
                    try (CompressibleModel<M> one = model.with(alone)) {
                        divergences.put(layer.id(), divergence.of(one.model()));
                    }
                }
            }
            return layers.stream()
                    .sorted(Comparator.comparing((Layer layer) -> divergences.get(layer.id()))
                            .reversed())
                    .toList();
        }

        private Quantization alone(Layer layer) {
            Map<String, Encoding> used =
                    mode == Mode.DYNAMIC ? Map.of() : encodings(model.activations(List.of(layer.id())));
            return new Quantization(mode, List.of(rounded.get(layer.id())), used);
        }

        private void doing(ProgressEvent.Stage stage, String what, double share) {
            reached = Math.max(reached, share);
            listener.onEvent(new ProgressEvent.Advanced(reached, Optional.empty(), stage, what));
        }
    }
}
