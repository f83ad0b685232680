package dev.wsvd.quantization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Encoding;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.spi.Quantizable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
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
    private static final double UNTUNED = 4;

    private final QuantizationSettings<M> settings;

    private ModelQuantizer(CompressibleModel<M> original) {
        this.settings = new QuantizationSettings<>(original);
    }

    /** A quantizer of that model, which is never changed. */
    public static <M> ModelQuantizer<M> of(CompressibleModel<M> model) {
        return new ModelQuantizer<>(model);
    }

    /** Unlabelled inputs on which ranges are found; {@link Mode#STATIC} needs them. */
    public ModelQuantizer<M> calibration(Activations<M> inputs) {
        settings.calibration = Optional.of(inputs);
        return this;
    }

    /** When ranges are found; by default once if the model has convolutions, else in each run. */
    public ModelQuantizer<M> mode(Mode chosen) {
        settings.mode = Optional.of(chosen);
        return this;
    }

    /** How ranges are found; {@link RangeMethod#MIN_MAX} by default. */
    public ModelQuantizer<M> ranges(RangeMethod chosen) {
        settings.ranges = Objects.requireNonNull(chosen, "chosen");
        return this;
    }

    /** Layers that stay in float; none by default. */
    public ModelQuantizer<M> ignore(Predicate<Layer> layers) {
        settings.ignored = Objects.requireNonNull(layers, "layers");
        return this;
    }

    /** What scores the model before and after. */
    public ModelQuantizer<M> evaluator(Evaluator<M> chosen) {
        settings.evaluator = Optional.of(chosen);
        return this;
    }

    /** Inputs on which the output errors of layers in int8 are measured, for the report; none by default. */
    public ModelQuantizer<M> reportErrorsOn(Activations<M> inputs) {
        settings.reportedOn = Optional.of(inputs);
        return this;
    }

    /** By how much the score may fall: the layers whose rounding changes the outputs most stay float until it does not more. */
    public ModelQuantizer<M> maxDrop(double drop) {
        if (!(drop >= 0)) {
            throw new InvalidInputException("The largest drop must be at least 0, found " + drop + ".");
        }
        settings.maxDrop = OptionalDouble.of(drop);
        return this;
    }

    /** Whether weights have 7 bits; by default where the engine on this machine overflows with 8. */
    public ModelQuantizer<M> sevenBits(boolean wanted) {
        settings.sevenBits = Optional.of(wanted);
        return this;
    }

    /** Whether channels between layers are scaled so that all of them use the steps there are; true by default. */
    public ModelQuantizer<M> equalize(boolean wanted) {
        settings.equalize = wanted;
        return this;
    }

    /** Whether biases make up for what rounding shifts; true by default. */
    public ModelQuantizer<M> correctBias(boolean wanted) {
        settings.correctBias = wanted;
        return this;
    }

    /** Who hears of progress; nobody by default. */
    public ModelQuantizer<M> listener(ProgressListener chosen) {
        settings.listener = Objects.requireNonNull(chosen, "chosen");
        return this;
    }

    /**
     * Makes the model.
     *
     * @throws InvalidInputException if the format has no int8, no layer can be int8, or inputs are missing or do not fit
     * @throws UnreachableTargetException if the score falls by more than is allowed whatever stays float
     */
    public QuantizationResult<M> quantize() {
        Quantizable<M> model = settings.original.quantizable();
        Mode chosen = requirePossible(model);
        settings.calibration.ifPresent(inputs -> inputs.requireFit(settings.original.model()));
        return new QuantizationRun<>(settings, model, chosen).result();
    }

    /**
     * How much each layer that can be int8 changes the outputs if it alone is: their divergence on the calibration inputs.
     *
     * @return in graph order, without those that are ignored
     * @throws InvalidInputException as {@link #quantize}, and if there are no calibration inputs
     */
    public Map<LayerId, Double> losses() {
        Quantizable<M> model = settings.original.quantizable();
        Mode chosen = requirePossible(model);
        if (settings.calibration.isEmpty()) {
            throw new InvalidInputException("What int8 changes is found on calibration inputs, and there are none.");
        }
        settings.calibration.get().requireFit(settings.original.model());
        return new QuantizationRun<>(settings, model, chosen).losses();
    }

    /**
     * A model in int8 whose ranges mean nothing: it takes as long as that of {@link #quantize}, and needs no calibration inputs.
     *
     * @throws InvalidInputException if the format has no int8, or no layer can be int8
     */
    public CompressibleModel<M> untuned() {
        Quantizable<M> model = settings.original.quantizable();
        Mode chosen = settings.mode.orElseGet(() -> usual(model));
        List<Layer> layers =
                model.layers(chosen).stream().filter(settings.ignored.negate()).toList();
        Map<String, Encoding> encodings = new HashMap<>();
        if (chosen == Mode.STATIC) {
            model.activations(layers.stream().map(Layer::id).toList())
                    .forEach(tensor -> encodings.put(tensor, Encoding.of(0, UNTUNED)));
        }
        boolean narrow = settings.sevenBits.orElseGet(model::overflows);
        List<QuantizedLayer> rounded = layers.stream()
                .map(layer -> new QuantizedLayer(
                        layer.id(),
                        WeightRounding.of(layer.id(), model.model().weights(layer.id()), narrow),
                        Optional.empty()))
                .toList();
        return model.with(new Quantization(chosen, rounded, encodings));
    }

    /** The layers that {@link #quantize} makes int8, if none has to stay in float for its score. */
    public List<Layer> layers() {
        Quantizable<M> model = settings.original.quantizable();
        return model.layers(settings.mode.orElseGet(() -> usual(model))).stream()
                .filter(settings.ignored.negate())
                .toList();
    }

    /**
     * Finds out before long work, such as compressing the model first, that {@link #quantize} would refuse it.
     *
     * @return when ranges will be found
     * @throws InvalidInputException if the format has no int8, no layer can be int8, or something is missing
     */
    public Mode requirePossible() {
        return requirePossible(settings.original.quantizable());
    }

    private Mode requirePossible(Quantizable<M> model) {
        Mode chosen = settings.mode.orElseGet(() -> usual(model));
        if (chosen == Mode.STATIC && settings.calibration.isEmpty()) {
            throw new InvalidInputException(
                    "Static int8 needs calibration inputs, on which ranges are found, and there are"
                            + " none. Maybe add some, or make it dynamic.");
        }
        if (settings.maxDrop.isPresent() && settings.evaluator.isEmpty()) {
            throw new InvalidInputException("A largest drop needs something to score by, and there is nothing.");
        }
        if (settings.maxDrop.isPresent() && settings.calibration.isEmpty()) {
            throw new InvalidInputException(
                    "With a largest drop, which layers should stay float is found on calibration inputs,"
                            + " and there are none. Maybe add some.");
        }
        List<Layer> possible = model.layers(chosen);
        if (possible.stream().allMatch(settings.ignored)) {
            String why = possible.isEmpty()
                    ? model.refused(chosen).values().stream()
                            .findFirst()
                            .map(reason -> ": " + reason)
                            .orElse("")
                    : ": those that could are ignored";
            throw new InvalidInputException("No layer of the model can be int8" + why + ".");
        }
        return chosen;
    }

    private Mode usual(Quantizable<M> model) {
        boolean convolves = model.layers(Mode.STATIC).stream().anyMatch(layer -> layer.op() instanceof Convolution);
        return convolves ? Mode.STATIC : Mode.DYNAMIC;
    }
}
