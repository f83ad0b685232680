package dev.wsvd.evaluation;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Activations of a model that runs on arrays.
 *
 * @param <M> what the format's users call a model
 */
public final class ArrayActivations<M> implements Activations<M> {
    private final ModelFormat<M> format;
    private final ArrayDataset data;

    private ArrayActivations(ModelFormat<M> format, ArrayDataset data) {
        this.format = format;
        this.data = data;
    }

    /** Activations on samples whose labels, if any, are not looked at. */
    public static <M> ArrayActivations<M> of(ModelFormat<M> format, ArrayDataset data) {
        return new ArrayActivations<>(Objects.requireNonNull(format, "format"), Objects.requireNonNull(data, "data"));
    }

    @Override
    public Optional<CalibrationIdentity> identity() {
        return Optional.of(new CalibrationIdentity(data.samples(), data.sha256()));
    }

    @Override
    public long samples() {
        return data.samples();
    }

    /**
     * Binds the arrays to the model's inputs and runs the first sample.
     *
     * @throws InvalidInputException if names, shapes or types do not fit
     */
    @Override
    public void requireFit(M model) {
        try (Predictor predictor = format.predictor(model)) {
            predictor.run(data.sample(predictor));
        }
    }

    @Override
    public Watch watch(M model, Collection<LayerId> layers, int batchSize) {
        return new ArrayWatch(
                layers.isEmpty() ? new Probe(format.predictor(model), Map.of(), Map.of()) : format.probe(model, layers),
                batchSize);
    }

    private final class ArrayWatch implements Watch {
        private final Probe probe;
        private final int wanted;
        private Optional<Feed> feed = Optional.empty();

        ArrayWatch(Probe probe, int wanted) {
            this.probe = probe;
            this.wanted = wanted;
        }

        @Override
        public Optional<String> input(LayerId layer) {
            return Optional.ofNullable(probe.inputs().get(layer));
        }

        @Override
        public Optional<String> output(LayerId layer) {
            return Optional.ofNullable(probe.outputs().get(layer));
        }

        @Override
        public Optional<String> addend(LayerId layer) {
            return Optional.ofNullable(probe.addends().get(layer));
        }

        @Override
        public int batchSize() {
            return feed().batchSize();
        }

        /** Bound when first needed: who asks for names only has no data that could be wrong. */
        private Feed feed() {
            if (feed.isEmpty()) {
                feed = Optional.of(Feed.of(data, probe.predictor(), wanted));
            }
            return feed.get();
        }

        @Override
        public Map<String, Tensor> run(long from, long to) {
            Map<String, Tensor> inputs = feed().inputs(from, to);
            long rows = inputs.values().iterator().next().shape().get(0);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            probe.predictor().run(inputs).forEach((name, tensor) -> tensors.put(name, real(tensor, to - from, rows)));
            return tensors;
        }

        @Override
        public Optional<Tensor> mask(long from, long to) {
            return Optional.ofNullable(data.arrays().get(Pooler.MASK))
                    .filter(mask -> mask.shape().size() == 2)
                    .map(mask -> mask.samples(from, to));
        }

        /** Without what samples that only fill a batch gave. */
        private static Tensor real(Tensor tensor, long samples, long rows) {
            boolean filled = samples < rows
                    && !tensor.shape().isEmpty()
                    && tensor.shape().get(0) == rows;
            return filled ? tensor.samples(0, samples) : tensor;
        }

        @Override
        public void close() {
            probe.close();
        }
    }
}
