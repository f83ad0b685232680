package dev.wsvd.evaluation;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Probe;
import dev.wsvd.domain.tensor.Tensor;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Calibration on arrays. The model runs batch by batch, and again for other layers if what all of them see would not fit into
 * memory; what is kept is the moments. Of a layer with very many positions an even choice of patches counts, at most
 * {@value #PATCHES} or {@value #PATCHES_PER_ELEMENT} per element of a patch, and no more than fit into memory for a batch. Outputs are compared on about {@value #COMPARED} samples at most, an even choice too. A layer with more than 4096
 * inputs per group is left to its weights. For one thread at a time.
 *
 * @param <M> what the format's users call a model
 */
public final class ArrayCalibration<M> implements Calibration<M> {
    private static final int BATCH = 100;
    /** One batch in so many is not learnt from. */
    private static final int HELD_OUT = 5;

    private static final int PATCHES = 30_000;
    private static final int PATCHES_PER_ELEMENT = 20;
    /** Outputs are compared on so many samples at most. */
    private static final int COMPARED = 200;

    private static final int COMPARED_BATCH = 20;

    /** Elements that a layer may see or give in one batch, if one sample has not more. */
    private static final long LARGEST_TENSOR = 1L << 24;
    /** What layers watched together may see and give in one batch. */
    private static final long WATCHED_BYTES = 256L << 20;

    private static final long KEPT_BYTES = 256L << 20;

    private final ModelFormat<M> format;
    private final ArrayDataset data;
    /** The original's outputs, of one original at a time; weak, so that they do not keep a closed model in memory. */
    private KeptOutputs kept = new KeptOutputs(KEPT_BYTES);

    private WeakReference<M> keptOf = new WeakReference<>(null);

    private ArrayCalibration(ModelFormat<M> format, ArrayDataset data) {
        this.format = format;
        this.data = data;
    }

    /** Calibration on samples whose labels, if any, are not looked at. */
    public static <M> ArrayCalibration<M> of(ModelFormat<M> format, ArrayDataset data) {
        return new ArrayCalibration<>(Objects.requireNonNull(format, "format"), Objects.requireNonNull(data, "data"));
    }

    @Override
    public Optional<CalibrationIdentity> identity() {
        return Optional.of(new CalibrationIdentity(data.samples(), data.sha256()));
    }

    /**
     * Binds the arrays to the model's inputs and runs the first sample.
     *
     * @throws InvalidInputException if names, shapes or types do not fit
     */
    @Override
    public void requireFit(M model, Collection<Layer> layers) {
        try (Predictor predictor = format.predictor(model)) {
            predictor.run(data.sample(predictor));
        }
    }

    @Override
    public Map<LayerId, LayerMoments> moments(M model, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        Map<LayerId, LayerMoments> moments = new LinkedHashMap<>();
        int batch = batch(layers);
        for (List<Layer> together : watchedTogether(layers, batch)) {
            List<LayerId> ids = together.stream().map(Layer::id).toList();
            try (Probe probe = format.probe(model, ids)) {
                Map<LayerId, MomentSums> sums = new LinkedHashMap<>();
                together.stream()
                        .filter(layer -> probe.inputs().containsKey(layer.id())
                                && layer.weight().inPerGroup() <= LayerMoments.LARGEST_PATCH)
                        .forEach(layer -> sums.put(layer.id(), new MomentSums(linearAlgebra, layer)));
                Feed feed = Feed.of(data, probe.predictor(), batch);
                for (long from = 0; from < data.samples(); from += feed.batchSize()) {
                    Seen seen = new Seen(probe, feed, from);
                    sums.values().forEach(sum -> {
                        Patches patches = seen.patches(sum.layer());
                        int step = step(sum.layer(), patches, seen.samples);
                        sum.add(patches, seen.first(step), step);
                    });
                }
                sums.forEach((id, sum) -> moments.put(id, sum.moments()));
            }
        }
        return moments;
    }

    @Override
    public Optional<Joint> joint(M original, M model, FactorizedLayer split, LinearAlgebra linearAlgebra) {
        Layer layer = split.layer();
        if (split.secondShape().inPerGroup() * split.secondShape().kernelSize() > LayerMoments.LARGEST_PATCH) {
            return Optional.empty();
        }
        List<LayerId> id = List.of(layer.id());
        JointSums learnt = new JointSums(linearAlgebra, split);
        JointSums heldOut = new JointSums(linearAlgebra, split);
        int batch = (int) Math.max(1, Math.min(batch(List.of(layer)), data.samples() / HELD_OUT));
        try (Probe before = format.probe(original, id);
                Probe now = format.probe(model, id)) {
            String input = before.inputs().get(layer.id());
            if (input == null
                    || !before.outputs().containsKey(layer.id())
                    || !input.equals(now.inputs().get(layer.id()))) {
                return Optional.empty();
            }
            Feed feed = Feed.of(data, before.predictor(), batch);
            for (long from = 0, number = 0; from < data.samples(); from += feed.batchSize(), number++) {
                Seen then = new Seen(before, feed, from);
                Seen seen = new Seen(now, feed, from);
                Patches patches = seen.patches(layer);
                int step = step(layer, patches, seen.samples);
                JointSums sums = number % HELD_OUT == HELD_OUT - 1 ? heldOut : learnt;
                sums.add(patches, then.patches(layer), then.outputs(layer), seen.first(step), step);
            }
        }
        return heldOut.patches() == 0 ? Optional.empty() : Optional.of(new Joint(learnt.moments(), heldOut.moments()));
    }

    /** What layers saw and gave in one run; of samples that only fill a batch nothing. */
    private final class Seen {
        private final Probe probe;
        private final Map<String, Tensor> tensors;
        private final long number;
        private final long samples;
        private final long rows;

        Seen(Probe probe, Feed feed, long from) {
            long to = Math.min(data.samples(), from + feed.batchSize());
            Map<String, Tensor> inputs = feed.inputs(from, to);
            this.probe = probe;
            this.number = from / feed.batchSize();
            this.samples = to - from;
            this.rows = inputs.values().iterator().next().shape().get(0);
            this.tensors = probe.predictor().run(inputs);
        }

        Patches patches(Layer layer) {
            String output = probe.outputs().get(layer.id());
            List<Long> given = output == null ? List.of() : real(output).shape();
            return new Patches(layer, real(probe.inputs().get(layer.id())), given);
        }

        Outputs outputs(Layer layer) {
            return new Outputs(layer, real(probe.outputs().get(layer.id())));
        }

        private Tensor real(String name) {
            Tensor tensor = tensors.get(name);
            return samples < rows && tensor.shape().get(0) == rows ? tensor.samples(0, samples) : tensor;
        }

        /** So that not the same positions are left out of every sample, the first one moves. */
        int first(int step) {
            return (int) (number % step);
        }
    }

    /** So many samples at once that no layer sees or gives too much. */
    static int batch(Collection<Layer> layers) {
        long largest = layers.stream()
                .mapToLong(layer -> Math.max(elements(layer.inputShape()), elements(layer.outputShape())))
                .max()
                .orElse(1);
        return (int) Math.max(1, Math.min(BATCH, LARGEST_TENSOR / largest));
    }

    private int step(Layer layer, Patches patches, long samples) {
        int elements = layer.weight().inPerGroup() * layer.weight().kernelSize();
        long most = Math.max(PATCHES, (long) PATCHES_PER_ELEMENT * elements);
        long all = Math.max(1, patches.count() / samples) * data.samples();
        long perBatch = (long) patches.count() * elements / LARGEST_TENSOR + 1;
        long step = Math.min(patches.count(), Math.max(perBatch, (all + most - 1) / most));
        // Odd, so that an image of even width is not looked at in the same columns of every row.
        return (int) Math.max(1, step % 2 == 0 ? step - 1 : step);
    }

    /** Layers in order, in parts whose inputs and outputs fit into memory for one batch. */
    static List<List<Layer>> watchedTogether(Collection<Layer> layers, int batch) {
        List<List<Layer>> parts = new ArrayList<>();
        long bytes = Long.MAX_VALUE;
        for (Layer layer : layers) {
            long needed = 4L * batch * (elements(layer.inputShape()) + elements(layer.outputShape()));
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
        try {
            return comparedDivergence(original, model);
        } catch (InvalidInputException e) {
            // An output that does not have the samples in its first dim.
            return Double.NaN;
        }
    }

    private KeptOutputs keptOf(M original) {
        if (keptOf.get() != original) {
            keptOf = new WeakReference<>(original);
            kept = new KeptOutputs(KEPT_BYTES);
        }
        return kept;
    }

    private double comparedDivergence(M original, M model) {
        try (Predictor ready = format.predictor(model);
                LazyPredictor reference = new LazyPredictor(() -> format.predictor(original))) {
            List<String> names = ready.outputs().stream()
                    .filter(o -> Labels.isFloating(o.type()))
                    .map(o -> o.name())
                    .toList();
            Feed feed = Feed.of(data, ready, COMPARED_BATCH);
            // From everywhere, as files are often sorted by class.
            long step = Math.max(feed.batchSize(), data.samples() / Math.max(1, COMPARED / feed.batchSize()));
            KeptOutputs originalOutputs = keptOf(original);
            Map<String, Divergence> divergences = new HashMap<>();
            names.forEach(name -> divergences.put(name, new Divergence()));
            for (long from = 0; from < data.samples(); from += step) {
                long first = from;
                long to = Math.min(data.samples(), from + feed.batchSize());
                Map<String, Tensor> originals = originalOutputs.get(
                        first,
                        to,
                        names,
                        () -> Feed.of(data, reference.get(), COMPARED_BATCH).run(first, to, names));
                Map<String, Tensor> others = feed.run(first, to, names);
                names.forEach(name -> divergences.get(name).add(originals.get(name), others.get(name)));
            }
            if (names.isEmpty()) {
                return Double.NaN;
            }
            return divergences.values().stream().mapToDouble(Divergence::value).sum();
        }
    }
}
