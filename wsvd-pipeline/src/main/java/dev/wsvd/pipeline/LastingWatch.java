package dev.wsvd.pipeline;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Inputs that keep the model ready when a watch is closed, for the next one of the same layers: to get a model ready may take longer than to
 * run it on some samples. Not for several threads at once.
 */
final class LastingWatch<M> implements Activations<M>, AutoCloseable {
    private final Activations<M> inputs;
    private Optional<Lasting<M>> lasting = Optional.empty();

    /** A watch, and what it is of. */
    private record Lasting<M>(M model, List<LayerId> layers, int batchSize, Watch watch) {
        boolean isOf(M other, Collection<LayerId> others, int size) {
            return model == other && layers.equals(List.copyOf(others)) && batchSize == size;
        }
    }

    LastingWatch(Activations<M> inputs) {
        this.inputs = inputs;
    }

    @Override
    public Optional<CalibrationIdentity> identity() {
        return inputs.identity();
    }

    @Override
    public long samples() {
        return inputs.samples();
    }

    @Override
    public void requireFit(M model) {
        inputs.requireFit(model);
    }

    @Override
    public Watch watch(M model, Collection<LayerId> layers, int batchSize) {
        if (lasting.filter(it -> it.isOf(model, layers, batchSize)).isEmpty()) {
            close();
            lasting = Optional.of(
                    new Lasting<>(model, List.copyOf(layers), batchSize, inputs.watch(model, layers, batchSize)));
        }
        return new Lent(lasting.orElseThrow().watch());
    }

    @Override
    public Walk<M> walk(int batchSize) {
        return inputs.walk(batchSize);
    }

    @Override
    public void close() {
        Optional<Lasting<M>> ended = lasting;
        lasting = Optional.empty();
        ended.ifPresent(it -> it.watch().close());
    }

    private final class Lent implements Watch {
        private final Watch watch;

        Lent(Watch watch) {
            this.watch = watch;
        }

        @Override
        public Optional<String> input(LayerId layer) {
            return watch.input(layer);
        }

        @Override
        public Optional<String> output(LayerId layer) {
            return watch.output(layer);
        }

        @Override
        public Optional<String> addend(LayerId layer) {
            return watch.addend(layer);
        }

        @Override
        public int batchSize() {
            return watch.batchSize();
        }

        @Override
        public Map<String, Tensor> run(long from, long to) {
            boolean ran = false;
            try {
                Map<String, Tensor> seen = watch.run(from, to);
                ran = true;
                return seen;
            } finally {
                if (!ran) {
                    // What was given up may run no more; the next one gets the model ready anew.
                    LastingWatch.this.close();
                }
            }
        }

        @Override
        public Optional<Tensor> mask(long from, long to) {
            return watch.mask(from, to);
        }

        @Override
        public void close() {
            // The inputs close it.
        }
    }
}
