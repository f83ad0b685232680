package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Relative output error of each layer that was split or cut, in the compressed model.
 *
 * <p>Two errors of such a layer are told apart. <i>Alone</i> it sees what it saw in the original; that is what
 * {@link dev.wsvd.domain.plan.Factors#error} predicts. In the compressed model it sees what the changed layers before it
 * give, so that their errors reach it; that is measured here.
 */
public final class OutputErrors {
    /** An error over so many samples and all their positions is known well enough. */
    public static final long SAMPLES = 500;

    private OutputErrors() {}

    /**
     * √(Σ‖y − y′‖² / Σ‖y − ȳ‖²) for each layer of the original that the compressed model does not have as it was: y is what it gives
     * in the original and y′ what the layers in its place give in the compressed model, both before any activation; ȳ is the mean
     * of y by channel, and the sums run over all positions of the first {@value #SAMPLES} samples. Of a layer that has fewer output
     * channels now, y are those that were kept. Both models run batch by batch, by some layers at a time if the weights of all of them, or
     * what they give, would not fit into memory.
     *
     * @param cuts those in the compressed model, which say what output channels were kept
     * @return by layer of the original. Absent is a layer that cannot be watched in both, one whose output is constant, and one that
     *     has fewer output channels of which no cut says that they are some of the original's: where attention's dims are combined
     *     they are not. None of a format that cannot watch layers
     * @throws InvalidInputException if the inputs do not fit the models
     */
    public static <M> Map<LayerId, Double> of(
            Activations<M> inputs,
            CompressibleModel<M> original,
            CompressibleModel<M> compressed,
            Collection<Cut> cuts) {
        return errors(inputs, original, compressed, pairs(inputs, original, compressed, cuts));
    }

    /**
     * The same of layers that both models have with all their channels, but that compute something else in one, such as in int8.
     *
     * @return by layer; absent is one that cannot be watched in both, and one whose output is constant
     * @throws InvalidInputException if the inputs do not fit the models
     */
    public static <M> Map<LayerId, Double> ofCommon(
            Activations<M> inputs,
            CompressibleModel<M> original,
            CompressibleModel<M> other,
            Collection<LayerId> layers) {
        Map<Layer, String> given = outputs(inputs, original.model(), among(original, layers));
        Map<LayerId, Layer> parts = new HashMap<>();
        Map<LayerId, String> outputs = new HashMap<>();
        outputs(inputs, other.model(), among(other, layers)).forEach((part, output) -> {
            parts.put(part.id(), part);
            outputs.put(part.id(), output);
        });
        List<Pair> pairs = new ArrayList<>();
        given.forEach((layer, output) -> {
            if (parts.containsKey(layer.id())) {
                int[] all = IntStream.range(0, layer.outChannels()).toArray();
                pairs.add(new Pair(
                        layer,
                        parts.get(layer.id()),
                        output,
                        outputs.get(layer.id()),
                        all,
                        shift(original.biasBehind(layer.id()), other.biasBehind(layer.id()), all)));
            }
        });
        return errors(inputs, original, other, pairs);
    }

    private static List<Layer> among(CompressibleModel<?> model, Collection<LayerId> layers) {
        return model.layers().stream()
                .filter(layer -> layers.contains(layer.id()))
                .toList();
    }

    private static <M> Map<LayerId, Double> errors(
            Activations<M> inputs, CompressibleModel<M> original, CompressibleModel<M> compressed, List<Pair> pairs) {
        Map<LayerId, Pair> byLayer =
                pairs.stream().collect(Collectors.toMap(pair -> pair.layer().id(), pair -> pair));
        List<Layer> layers = pairs.stream().map(Pair::layer).toList();
        Passes passes = Passes.of(layers);
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        try (Walk<M> walk = inputs.walk(passes.batch());
                Walk<M> other = inputs.walk(passes.batch())) {
            for (List<Layer> together : passes.parts()) {
                List<LayerId> ids = together.stream().map(Layer::id).toList();
                List<Pair> watched = ids.stream().map(byLayer::get).toList();
                List<LayerId> parts =
                        watched.stream().map(pair -> pair.part().id()).toList();
                try (Watch before = passes.watch(inputs, walk, original.model(), ids);
                        Watch after = passes.watch(inputs, other, compressed.model(), parts)) {
                    sums(Math.min(SAMPLES, inputs.samples()), before, after, watched)
                            .forEach((layer, sums) -> sums.error().ifPresent(error -> errors.put(layer.id(), error)));
                    walk.arrived();
                    other.arrived();
                }
            }
        }
        return errors;
    }

    /**
     * The layers of an original that a compressed model does not have as they were: those that something else stands for, and those
     * with fewer channels.
     */
    public static List<Layer> changed(List<Layer> original, List<Layer> compressed) {
        Map<LayerId, Layer> others = compressed.stream().collect(Collectors.toMap(Layer::id, layer -> layer));
        return original.stream()
                .filter(layer -> !others.containsKey(layer.id())
                        || !others.get(layer.id()).weight().equals(layer.weight()))
                .toList();
    }

    /**
     * The layers of a compressed model that stand in the place of each that it does not have as it was: the one that gives what the layer
     * gave, and the new ones right before it. A model that was opened from a file does not know its original.
     *
     * @return by layer of the original; absent is one that cannot be watched in both
     */
    public static <M> Map<LayerId, List<LayerId>> stages(
            Activations<M> inputs, CompressibleModel<M> original, CompressibleModel<M> compressed) {
        Map<String, Layer> replaced = new HashMap<>();
        outputs(inputs, original.model(), changed(original.layers(), compressed.layers()))
                .forEach((layer, output) -> replaced.put(output, layer));
        List<Layer> added = changed(compressed.layers(), original.layers());
        Map<Layer, String> given = outputs(inputs, compressed.model(), added);
        Map<LayerId, List<LayerId>> stages = new LinkedHashMap<>();
        List<LayerId> before = new ArrayList<>();
        for (Layer part : compressed.layers()) {
            before.add(part.id());
            Layer layer = replaced.get(given.get(part));
            if (layer != null) {
                stages.put(layer.id(), List.copyOf(before));
            }
            if (layer != null || !added.contains(part)) {
                before.clear();
            }
        }
        return stages;
    }

    /**
     * A layer of the original and the one that gives its output in the compressed model.
     *
     * @param output name of the tensor in the original
     * @param given name of the tensor in the compressed model
     * @param kept numbers of the layer's output channels that the part has
     * @param shift by these, what is added behind the part's output that was not behind the layer's
     */
    private record Pair(Layer layer, Layer part, String output, String given, int[] kept, double[] shift) {}

    /** Where a bias stands behind the outputs of both: a cut changes it as it changes the weight. */
    private static double[] shift(Optional<float[]> before, Optional<float[]> after, int[] kept) {
        double[] shift = new double[kept.length];
        if (before.isPresent() && after.isPresent()) {
            Arrays.setAll(shift, i -> (double) after.get()[i] - before.get()[kept[i]]);
        }
        return shift;
    }

    private static <M> List<Pair> pairs(
            Activations<M> inputs,
            CompressibleModel<M> original,
            CompressibleModel<M> compressed,
            Collection<Cut> cuts) {
        List<Layer> before = changed(original.layers(), compressed.layers());
        List<Layer> after = changed(compressed.layers(), original.layers());
        KeptOutputs kept = new KeptOutputs(cuts);
        Map<Layer, String> given = outputs(inputs, original.model(), before);
        Map<String, Layer> givers = new HashMap<>();
        outputs(inputs, compressed.model(), after).forEach((part, output) -> givers.put(output, part));
        return before.stream()
                .filter(layer -> givers.containsKey(given.get(layer)))
                .flatMap(layer -> {
                    String output = given.get(layer);
                    Layer part = givers.get(output);
                    return kept
                            .of(layer, part)
                            .map(channels -> new Pair(
                                    layer,
                                    part,
                                    output,
                                    output,
                                    channels,
                                    shift(original.biasBehind(layer.id()), compressed.biasBehind(part.id()), channels)))
                            .stream();
                })
                .toList();
    }

    private static <M> Map<Layer, String> outputs(Activations<M> inputs, M model, List<Layer> layers) {
        Map<Layer, String> outputs = new LinkedHashMap<>();
        if (layers.isEmpty()) {
            return outputs;
        }
        try (Watch watch = inputs.watch(model, layers.stream().map(Layer::id).toList(), 1)) {
            layers.forEach(layer -> watch.output(layer.id()).ifPresent(name -> outputs.put(layer, name)));
        } catch (InvalidInputException e) {
            // A format that cannot watch layers says so in this way, and has nothing to measure.
            return Map.of();
        }
        return outputs;
    }

    private static Map<Layer, OutputErrorSums> sums(long samples, Watch before, Watch after, List<Pair> watched) {
        Map<Layer, OutputErrorSums> sums = new LinkedHashMap<>();
        watched.forEach(pair -> sums.put(pair.layer(), new OutputErrorSums(pair.kept(), pair.shift())));
        int batch = Math.min(before.batchSize(), after.batchSize());
        for (long from = 0; from < samples; from += batch) {
            long to = Math.min(samples, from + batch);
            SeenBatch originals = new SeenBatch(before, from, to);
            SeenBatch others = new SeenBatch(after, from, to);
            for (Pair pair : watched) {
                sums.get(pair.layer())
                        .add(
                                new Outputs(pair.layer(), originals.output(pair.layer(), pair.output())),
                                new Outputs(pair.part(), others.output(pair.part(), pair.given())));
            }
        }
        return sums;
    }
}
