package dev.wsvd.pipeline;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Inputs that say how many of them are done with, for progress. */
record CountedActivations<M>(Activations<M> inputs, Counter counter) implements Activations<M> {
    /** Hears of runs. */
    @FunctionalInterface
    interface Counter {
        /**
         * @param layers how many layers were watched
         * @param samples how many samples the run was on
         */
        void ran(int layers, long samples);
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
        return new CountedWatch(inputs.watch(model, layers, batchSize), layers.size(), counter);
    }

    @Override
    public Walk<M> walk(int batchSize) {
        return new CountedWalk<>(inputs.walk(batchSize), counter);
    }

    private record CountedWalk<M>(Walk<M> walk, Counter counter) implements Walk<M> {
        @Override
        public Watch before(M model, LayerId layer) {
            return new CountedWatch(walk.before(model, layer), 1, counter);
        }

        @Override
        public Watch behind(M model, Collection<LayerId> layers) {
            return new CountedWatch(walk.behind(model, layers), layers.size(), counter);
        }

        @Override
        public boolean resumes() {
            return walk.resumes();
        }

        @Override
        public void arrived() {
            walk.arrived();
        }

        @Override
        public Watch rest(M model) {
            return new CountedWatch(walk.rest(model), 0, counter);
        }

        @Override
        public void close() {
            walk.close();
        }
    }

    /** A run counts once the next one begins, for then what was done with its tensors is done too. */
    private static final class CountedWatch implements Watch {
        private final Watch watch;
        private final int layers;
        private final Counter counter;
        private long samples;

        CountedWatch(Watch watch, int layers, Counter counter) {
            this.watch = watch;
            this.layers = layers;
            this.counter = counter;
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
            count();
            Map<String, Tensor> tensors = watch.run(from, to);
            samples = to - from;
            return tensors;
        }

        private void count() {
            if (samples > 0) {
                counter.ran(layers, samples);
                samples = 0;
            }
        }

        @Override
        public Optional<Tensor> mask(long from, long to) {
            return watch.mask(from, to);
        }

        @Override
        public void close() {
            count();
            watch.close();
        }
    }
}
