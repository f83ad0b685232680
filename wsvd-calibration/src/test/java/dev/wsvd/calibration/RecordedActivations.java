package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Activations that were recorded beforehand; a model is all its tensors by name, with the samples first. A layer sees the tensor
 * {@code in:NAME} and gives {@code out:NAME}; those called otherwise are the model's outputs.
 */
final class RecordedActivations implements Activations<Map<String, Tensor>> {
    private final long samples;
    private final Optional<Tensor> mask;
    /** What each watch has run. */
    final List<List<String>> runs = new ArrayList<>();

    int open;

    RecordedActivations(long samples) {
        this.samples = samples;
        this.mask = Optional.empty();
    }

    /** Samples of tokens, of which those of 0 only fill up. */
    RecordedActivations(Tensor mask) {
        this.samples = mask.shape().get(0);
        this.mask = Optional.of(mask);
    }

    /** A layer [n][m] on vectors. */
    static Layer linear(String name, int out, int in) {
        return linear(name, WeightShape.linear(out, in), List.of(1L, (long) in), List.of(1L, (long) out));
    }

    static Layer linear(String name, WeightShape weight, List<Long> input, List<Long> output) {
        return Layer.of(new LayerId(name), new Affine(weight), input, output);
    }

    static Tensor floats(long samples, long width, float... values) {
        return Tensor.ofFloats(List.of(samples, width), values);
    }

    static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian() + 1;
        }
        return values;
    }

    @Override
    public long samples() {
        return samples;
    }

    @Override
    public void requireFit(Map<String, Tensor> model) {
        // They were recorded from it.
    }

    @Override
    public Watch watch(Map<String, Tensor> model, Collection<LayerId> layers, int batchSize) {
        Map<String, Tensor> visible = new HashMap<>(model);
        visible.keySet().removeIf(name -> layers.isEmpty() == name.contains(":"));
        List<String> ranges = new ArrayList<>();
        runs.add(ranges);
        open++;
        return new Watch() {
            @Override
            public Optional<String> input(LayerId layer) {
                return Optional.of("in:" + layer.name()).filter(visible::containsKey);
            }

            @Override
            public Optional<String> output(LayerId layer) {
                return Optional.of("out:" + layer.name()).filter(visible::containsKey);
            }

            @Override
            public Optional<String> addend(LayerId layer) {
                return Optional.of("added:" + layer.name()).filter(visible::containsKey);
            }

            @Override
            public int batchSize() {
                return batchSize;
            }

            @Override
            public Map<String, Tensor> run(long from, long to) {
                ranges.add(from + "-" + to);
                Map<String, Tensor> tensors = new LinkedHashMap<>();
                visible.forEach((name, tensor) -> tensors.put(
                        name,
                        !tensor.shape().isEmpty() && tensor.shape().get(0) == samples
                                ? tensor.samples(from, to)
                                : tensor));
                return tensors;
            }

            @Override
            public Optional<Tensor> mask(long from, long to) {
                return mask.map(tokens -> tokens.samples(from, to));
            }

            @Override
            public void close() {
                open--;
            }
        };
    }
}
