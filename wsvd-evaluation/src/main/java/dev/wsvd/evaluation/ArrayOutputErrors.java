package dev.wsvd.evaluation;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OutputErrors;
import dev.wsvd.domain.tensor.Probe;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Errors of layers' outputs on arrays. Both models run batch by batch, and again for other layers if what all of them give would
 * not fit into memory. A layer is found in the compressed model by the name of its output, so the format must keep that. In a
 * format that cannot watch layers none is measured.
 *
 * @param <M> what the format's users call a model
 */
public final class ArrayOutputErrors<M> implements OutputErrors<M> {
    /** An error over so many samples and all their positions is known well enough. */
    private static final int SAMPLES = 500;

    private final ModelFormat<M> format;
    private final ArrayDataset data;

    private ArrayOutputErrors(ModelFormat<M> format, ArrayDataset data) {
        this.format = format;
        this.data = data.limit(SAMPLES);
    }

    /** Errors on the first {@value #SAMPLES} of some samples, whose labels, if any, are not looked at. */
    public static <M> ArrayOutputErrors<M> of(ModelFormat<M> format, ArrayDataset data) {
        return new ArrayOutputErrors<>(Objects.requireNonNull(format, "format"), Objects.requireNonNull(data, "data"));
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidInputException if the data does not fit the model
     */
    @Override
    public Map<LayerId, Double> measure(CompressibleModel<M> original, CompressibleModel<M> compressed) {
        List<Pair> pairs = pairs(original, compressed);
        Map<LayerId, Pair> byLayer = pairs.stream().collect(Collectors.toMap(pair -> pair.layer.id(), pair -> pair));
        List<Layer> layers = pairs.stream().map(Pair::layer).toList();
        int batch = ArrayCalibration.batch(layers);
        Map<LayerId, Double> errors = new LinkedHashMap<>();
        for (List<Layer> together : ArrayCalibration.watchedTogether(layers, batch)) {
            List<Pair> watched =
                    together.stream().map(layer -> byLayer.get(layer.id())).toList();
            for (OutputErrorSums sums : run(original.model(), compressed.model(), watched, batch)) {
                sums.error().ifPresent(error -> errors.put(sums.layer().id(), error));
            }
        }
        return errors;
    }

    /** A layer of the original and the one that gives its output in the compressed model. */
    private record Pair(Layer layer, LayerId part, String output) {}

    private List<Pair> pairs(CompressibleModel<M> original, CompressibleModel<M> compressed) {
        List<LayerId> before = ids(original);
        List<LayerId> after = ids(compressed);
        List<LayerId> parts = after.stream().filter(id -> !before.contains(id)).toList();
        Map<LayerId, String> given = outputs(
                original.model(),
                before.stream().filter(id -> !after.contains(id)).toList());
        Map<String, LayerId> giver = new LinkedHashMap<>();
        outputs(compressed.model(), parts).forEach((part, output) -> giver.put(output, part));
        return original.layers().stream()
                .filter(layer -> giver.containsKey(given.get(layer.id())))
                .map(layer -> new Pair(layer, giver.get(given.get(layer.id())), given.get(layer.id())))
                .toList();
    }

    private static List<LayerId> ids(CompressibleModel<?> model) {
        return model.layers().stream().<LayerId>map(Layer::id).toList();
    }

    private Map<LayerId, String> outputs(M model, Collection<LayerId> layers) {
        if (layers.isEmpty()) {
            return Map.of();
        }
        try (Probe probe = format.probe(model, layers)) {
            return probe.outputs();
        } catch (InvalidInputException e) {
            // A format that cannot watch layers says so in this way, and has nothing to measure.
            return Map.of();
        }
    }

    private List<OutputErrorSums> run(M original, M compressed, List<Pair> watched, int batch) {
        List<OutputErrorSums> sums =
                watched.stream().map(pair -> new OutputErrorSums(pair.layer)).toList();
        try (Probe before = format.probe(
                        original, watched.stream().map(pair -> pair.layer.id()).toList());
                Probe after = format.probe(
                        compressed, watched.stream().map(Pair::part).toList())) {
            Feed feed = Feed.of(data, before.predictor(), batch);
            for (long from = 0; from < data.samples(); from += feed.batchSize()) {
                long to = Math.min(data.samples(), from + feed.batchSize());
                Map<String, Tensor> inputs = feed.inputs(from, to);
                long rows = inputs.values().iterator().next().shape().get(0);
                Map<String, Tensor> originals = before.predictor().run(inputs);
                Map<String, Tensor> others = after.predictor().run(inputs);
                for (int i = 0; i < watched.size(); i++) {
                    String output = watched.get(i).output;
                    sums.get(i)
                            .add(
                                    real(originals.get(output), to - from, rows),
                                    real(others.get(output), to - from, rows));
                }
            }
        }
        return sums;
    }

    /** Without what samples that only fill a batch gave. */
    private static Tensor real(Tensor tensor, long samples, long rows) {
        return samples < rows && tensor.shape().get(0) == rows ? tensor.samples(0, samples) : tensor;
    }
}
