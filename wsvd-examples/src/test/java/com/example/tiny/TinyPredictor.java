package com.example.tiny;

import com.example.tiny.Step.Size;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs a {@link Network}: from {@code x}, [N][channels][rows][columns], to {@code y}, and to what watched layers see and give.
 * Numbers of any type are taken, and converted to float32.
 */
final class TinyPredictor implements Predictor {
    private final Network network;
    private final Set<String> watched;
    private boolean closed;

    /** @param watched names of layers */
    TinyPredictor(Network network, Set<String> watched) {
        this.network = network;
        this.watched = watched;
    }

    @Override
    public List<TensorInfo> inputs() {
        return List.of(info("x", network.input().shape(-1)));
    }

    @Override
    public List<TensorInfo> outputs() {
        List<TensorInfo> outputs = new ArrayList<>();
        List<Long> given = List.of();
        Size size = network.input();
        for (Step step : network.steps()) {
            Size seen = step.seen(size);
            size = step.given(seen);
            given = step.shape(-1, size);
            if (watched.contains(step.name())) {
                outputs.add(info(Names.input(step.name()), step.shape(-1, seen)));
                outputs.add(info(Names.output(step.name()), given));
            }
        }
        outputs.add(info("y", given));
        return outputs;
    }

    private static TensorInfo info(String name, List<Long> shape) {
        return new TensorInfo(name, ElementType.FLOAT32, shape);
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        if (closed) {
            throw new InvalidInputException("The predictor is closed.");
        }
        Tensor x = input(inputs);
        int samples = Math.toIntExact(x.shape().get(0));
        Map<String, float[]> values = new LinkedHashMap<>();
        for (int sample = 0; sample < samples; sample++) {
            int at = sample;
            float[] y = network.run(sample(x, sample), (step, seen, given) -> {
                if (watched.contains(step.name())) {
                    put(values, Names.input(step.name()), at, samples, seen);
                    put(values, Names.output(step.name()), at, samples, given);
                }
            });
            put(values, "y", sample, samples, y);
        }
        Map<String, Tensor> results = new LinkedHashMap<>();
        for (TensorInfo output : outputs()) {
            List<Long> shape = new ArrayList<>(output.shape());
            shape.set(0, (long) samples);
            results.put(output.name(), Tensor.ofFloats(shape, values.get(output.name())));
        }
        return results;
    }

    private Tensor input(Map<String, Tensor> inputs) {
        for (String name : inputs.keySet()) {
            if (!name.equals("x")) {
                throw new InvalidInputException("The model has no input '" + name + "'; it has 'x'.");
            }
        }
        Tensor x = inputs.get("x");
        List<Long> dims = inputs().get(0).shape();
        boolean fits = x != null
                && x.shape().size() == dims.size()
                && x.shape().get(0) > 0
                && x.shape().subList(1, 4).equals(dims.subList(1, 4));
        if (!fits) {
            throw new InvalidInputException("The model needs an input 'x' of shape [N] and " + dims.subList(1, 4)
                    + ", found " + (x == null ? "none" : x.shape()) + ".");
        }
        return x;
    }

    private float[] sample(Tensor x, int sample) {
        float[] values = new float[network.input().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) x.getDouble(sample * values.length + i);
        }
        return values;
    }

    private static void put(Map<String, float[]> values, String name, int sample, int samples, float[] of) {
        float[] all = values.computeIfAbsent(name, n -> new float[samples * of.length]);
        System.arraycopy(of, 0, all, sample * of.length, of.length);
    }

    @Override
    public void close() {
        closed = true;
    }
}
