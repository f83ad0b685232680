package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A model that really computes, of one float32 input {@code x} and as many float32 outputs [samples, n] as asked for. */
final class RunningModel implements Predictor {
    private final List<Long> dims;
    private final Map<String, Function<double[], float[]>> computations = new LinkedHashMap<>();

    /** @param dims of the input, −1 where any */
    RunningModel(Long... dims) {
        this.dims = List.of(dims);
    }

    RunningModel output(String name, Function<double[], float[]> ofSample) {
        computations.put(name, ofSample);
        return this;
    }

    @Override
    public List<TensorInfo> inputs() {
        return List.of(new TensorInfo("x", ElementType.FLOAT32, dims));
    }

    @Override
    public List<TensorInfo> outputs() {
        return computations.keySet().stream()
                .map(name -> new TensorInfo(name, ElementType.FLOAT32, List.of(-1L, -1L)))
                .toList();
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Tensor x = inputs.get("x");
        int samples = Math.toIntExact(x.shape().get(0));
        int features = Math.toIntExact(x.elements() / samples);
        Map<String, Tensor> results = new LinkedHashMap<>();
        computations.forEach((name, ofSample) -> {
            float[] all = new float[0];
            for (int i = 0; i < samples; i++) {
                double[] sample = new double[features];
                for (int f = 0; f < features; f++) {
                    sample[f] = x.getDouble(i * features + f);
                }
                float[] one = ofSample.apply(sample);
                all = java.util.Arrays.copyOf(all, all.length + one.length);
                System.arraycopy(one, 0, all, all.length - one.length, one.length);
            }
            results.put(name, Tensor.ofFloats(List.of((long) samples, all.length / (long) samples), all));
        });
        return results;
    }

    @Override
    public void close() {}
}
