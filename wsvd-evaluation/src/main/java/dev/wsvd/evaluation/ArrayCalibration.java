package dev.wsvd.evaluation;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Probe;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Calibration on arrays. The model runs batch by batch, and again for other layers if what all of them see would not fit into
 * memory; what is kept is the moments. Of a layer with very many positions an even choice of patches counts, at most
 * {@value #PATCHES} or 50 per element of a patch. For one thread at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class ArrayCalibration<M> implements Calibration<M> {
    private static final int BATCH = 100;
    /** One batch in so many is not learnt from. */
    private static final int HELD_OUT = 5;

    private static final int PATCHES = 100_000;
    private static final int PATCHES_PER_ELEMENT = 50;
    /** What layers watched together may see in one batch. */
    private static final long WATCHED_BYTES = 256L << 20;

    private static final long KEPT_BYTES = 256L << 20;

    private final ModelFormat<M> format;
    private final ArrayDataset data;
    private final KeptOutputs kept = new KeptOutputs(KEPT_BYTES);

    private ArrayCalibration(ModelFormat<M> format, ArrayDataset data) {
        this.format = format;
        this.data = data;
    }

    /** Calibration on samples whose labels, if any, are not looked at. */
    public static <M> ArrayCalibration<M> of(ModelFormat<M> format, ArrayDataset data) {
        return new ArrayCalibration<>(Objects.requireNonNull(format, "format"), Objects.requireNonNull(data, "data"));
    }

    @Override
    public long samples() {
        return data.samples();
    }

    @Override
    public Map<LayerId, LayerMoments> moments(M model, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        Map<LayerId, LayerMoments> moments = new LinkedHashMap<>();
        for (List<Layer> together : watchedTogether(layers)) {
            List<LayerId> ids = together.stream().map(Layer::id).toList();
            try (Probe probe = format.probe(model, ids)) {
                Map<LayerId, MomentSums> sums = new LinkedHashMap<>();
                together.stream()
                        .filter(layer -> probe.inputs().containsKey(layer.id()))
                        .forEach(layer -> sums.put(layer.id(), new MomentSums(linearAlgebra, layer)));
                Feed feed = Feed.of(data, probe.predictor(), BATCH);
                for (long from = 0; from < data.samples(); from += feed.batchSize()) {
                    Map<String, Tensor> seen =
                            probe.predictor().run(feed.inputs(from, Math.min(data.samples(), from + feed.batchSize())));
                    for (MomentSums sum : sums.values()) {
                        add(sum, seen.get(probe.inputs().get(sum.layer().id())), from);
                    }
                }
                sums.forEach((id, sum) -> moments.put(id, sum.moments()));
            }
        }
        return moments;
    }

    private void add(MomentSums sum, Tensor input, long from) {
        Patches patches = new Patches(sum.layer(), input);
        int step = step(sum.layer(), patches);
        sum.add(patches, first(from, step), step);
    }

    @Override
    public Joint joint(M original, M model, Layer layer, LinearAlgebra linearAlgebra) {
        List<LayerId> id = List.of(layer.id());
        JointSums learnt = new JointSums(linearAlgebra, layer);
        JointSums heldOut = new JointSums(linearAlgebra, layer);
        try (Probe before = format.probe(original, id);
                Probe now = format.probe(model, id)) {
            Feed feed = Feed.of(data, before.predictor(), batch());
            for (long from = 0, number = 0; from < data.samples(); from += feed.batchSize(), number++) {
                long to = Math.min(data.samples(), from + feed.batchSize());
                Map<String, Tensor> inputs = feed.inputs(from, to);
                Map<String, Tensor> were = before.predictor().run(inputs);
                Patches saw = new Patches(layer, were.get(before.inputs().get(layer.id())));
                Outputs outputs = new Outputs(layer, were.get(before.outputs().get(layer.id())));
                Patches patches = new Patches(
                        layer, now.predictor().run(inputs).get(now.inputs().get(layer.id())));
                int step = step(layer, patches);
                JointSums sums = number % HELD_OUT == HELD_OUT - 1 ? heldOut : learnt;
                sums.add(patches, saw, outputs, first(from, step), step);
            }
        }
        return new Joint(learnt.moments(), (heldOut.patches() == 0 ? learnt : heldOut).moments());
    }

    /** So that there are some batches to hold out even of few samples. */
    private int batch() {
        return (int) Math.max(1, Math.min(BATCH, data.samples() / HELD_OUT));
    }

    /** So that not the same positions are left out of every sample, the first one moves. */
    private static int first(long from, int step) {
        return (int) (from % step);
    }

    private int step(Layer layer, Patches patches) {
        int elements = layer.weight().inPerGroup() * layer.weight().kernelSize();
        long most = Math.max(PATCHES, (long) PATCHES_PER_ELEMENT * elements);
        long all = Math.max(1, layer.outputPositions()) * data.samples();
        return (int) Math.max(1, Math.min(patches.count(), (all + most - 1) / most));
    }

    /** Layers in order, in parts whose inputs fit into memory for one batch. */
    private static List<List<Layer>> watchedTogether(Collection<Layer> layers) {
        List<List<Layer>> parts = new ArrayList<>();
        long bytes = Long.MAX_VALUE;
        for (Layer layer : layers) {
            long needed = 4L * BATCH * (elements(layer.inputShape()) + elements(layer.outputShape()));
            if (bytes > WATCHED_BYTES - needed) {
                parts.add(new ArrayList<>());
                bytes = 0;
            }
            parts.get(parts.size() - 1).add(layer);
            bytes += needed;
        }
        return parts;
    }

    private static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    @Override
    public double divergence(M original, M model) {
        try (Predictor ready = format.predictor(model);
                LazyPredictor reference = new LazyPredictor(() -> format.predictor(original))) {
            List<String> names = ready.outputs().stream()
                    .filter(o -> Labels.isFloating(o.type()))
                    .map(o -> o.name())
                    .toList();
            Feed feed = Feed.of(data, ready, BATCH);
            Map<String, Divergence> divergences = new HashMap<>();
            names.forEach(name -> divergences.put(name, new Divergence()));
            for (long from = 0; from < data.samples(); from += feed.batchSize()) {
                long first = from;
                long to = Math.min(data.samples(), from + feed.batchSize());
                Map<String, Tensor> originals = kept.get(
                        first,
                        to,
                        names,
                        () -> Feed.of(data, reference.get(), BATCH).run(first, to, names));
                Map<String, Tensor> others = feed.run(first, to, names);
                names.forEach(name -> divergences.get(name).add(originals.get(name), others.get(name)));
            }
            return divergences.values().stream().mapToDouble(Divergence::value).sum();
        }
    }
}
