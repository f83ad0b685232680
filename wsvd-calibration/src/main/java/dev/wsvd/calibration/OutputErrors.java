package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Relative output error of each split layer in the compressed model.
 *
 * <p>Two errors of a split layer are told apart. <i>Alone</i> it sees what it saw in the original; that is what
 * {@link dev.wsvd.domain.plan.Factors#error} predicts. In the compressed model it sees what the split layers before it
 * give, so that their errors reach it; that is measured here.
 */
public final class OutputErrors {
    /** An error over so many samples and all their positions is known well enough. */
    private static final long SAMPLES = 500;

    private OutputErrors() {}

    /**
     * √(Σ‖y − y′‖² / Σ‖y − ȳ‖²) for each layer of the original that the compressed model does not have whole: y is what it gives
     * in the original and y′ what the layers in its place give in the compressed model, both before any activation; ȳ is the mean
     * of y by channel, and the sums run over all positions of the first {@value #SAMPLES} samples. Both models run batch by batch,
     * and again for other layers if what all of them give would not fit into memory.
     *
     * @return by layer of the original; a layer that cannot be watched in both is absent, and one whose output is constant. None
     *     of a format that cannot watch layers
     * @throws InvalidInputException if the inputs do not fit the models
     */
    public static <M> Map<LayerId, Double> of(
            Activations<M> inputs, CompressibleModel<M> original, CompressibleModel<M> compressed) {
        List<Pair> pairs = pairs(inputs, original, compressed);
        Map<LayerId, Pair> byLayer =
                pairs.stream().collect(Collectors.toMap(pair -> pair.layer().id(), pair -> pair));
        List<Layer> layers = pairs.stream().map(Pair::layer).toList();
        int batch = Passes.batchOfAll(layers);
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        for (List<Layer> together : Passes.of(layers, batch)) {
            List<Pair> watched =
                    together.stream().map(layer -> byLayer.get(layer.id())).toList();
            List<LayerId> parts = watched.stream().map(Pair::part).toList();
            try (Watch before = inputs.watch(
                            original.model(), together.stream().map(Layer::id).toList(), batch);
                    Watch after = inputs.watch(compressed.model(), parts, batch)) {
                sums(Math.min(SAMPLES, inputs.samples()), before, after, watched)
                        .forEach(sums -> sums.error()
                                .ifPresent(error -> errors.put(sums.layer().id(), error)));
            }
        }
        return errors;
    }

    /** A layer of the original and the one that gives its output in the compressed model. */
    private record Pair(Layer layer, LayerId part, String output) {}

    private static <M> List<Pair> pairs(
            Activations<M> inputs, CompressibleModel<M> original, CompressibleModel<M> compressed) {
        List<LayerId> before = ids(original);
        List<LayerId> after = ids(compressed);
        Map<LayerId, String> given = outputs(inputs, original.model(), without(before, after));
        Map<String, LayerId> givers = new HashMap<>();
        outputs(inputs, compressed.model(), without(after, before)).forEach((part, output) -> givers.put(output, part));
        return original.layers().stream()
                .filter(layer -> givers.containsKey(given.get(layer.id())))
                .map(layer -> new Pair(layer, givers.get(given.get(layer.id())), given.get(layer.id())))
                .toList();
    }

    private static List<LayerId> ids(CompressibleModel<?> model) {
        return model.layers().stream().map(Layer::id).toList();
    }

    private static List<LayerId> without(List<LayerId> some, List<LayerId> others) {
        return some.stream().filter(id -> !others.contains(id)).toList();
    }

    private static <M> Map<LayerId, String> outputs(Activations<M> inputs, M model, Collection<LayerId> layers) {
        Map<LayerId, String> outputs = new LinkedHashMap<>();
        if (layers.isEmpty()) {
            return outputs;
        }
        try (Watch watch = inputs.watch(model, layers, 1)) {
            layers.forEach(layer -> watch.output(layer).ifPresent(name -> outputs.put(layer, name)));
        } catch (InvalidInputException e) {
            // A format that cannot watch layers says so in this way, and has nothing to measure.
            return Map.of();
        }
        return outputs;
    }

    private static List<OutputErrorSums> sums(long samples, Watch before, Watch after, List<Pair> watched) {
        List<OutputErrorSums> sums =
                watched.stream().map(pair -> new OutputErrorSums(pair.layer())).toList();
        int batch = Math.min(before.batchSize(), after.batchSize());
        for (long from = 0; from < samples; from += batch) {
            long to = Math.min(samples, from + batch);
            SeenBatch originals = new SeenBatch(before, from, to);
            SeenBatch others = new SeenBatch(after, from, to);
            for (int i = 0; i < watched.size(); i++) {
                Layer layer = watched.get(i).layer();
                String output = watched.get(i).output();
                sums.get(i).add(originals.output(layer, output), others.output(layer, output));
            }
        }
        return sums;
    }
}
