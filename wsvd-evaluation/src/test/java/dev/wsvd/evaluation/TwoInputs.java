package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.List;
import java.util.Map;

/**
 * Adds its inputs {@code a} [N,1] and {@code b} [N] into {@code sum} [N].
 *
 * @param ranked whether it says the shape of {@code a}
 */
record TwoInputs(boolean ranked) implements Predictor {
    TwoInputs() {
        this(true);
    }

    @Override
    public List<TensorInfo> inputs() {
        return List.of(
                ranked
                        ? new TensorInfo("a", ElementType.FLOAT32, List.of(-1L, 1L))
                        : TensorInfo.unranked("a", ElementType.FLOAT32),
                new TensorInfo("b", ElementType.INT64, List.of(-1L)));
    }

    @Override
    public List<TensorInfo> outputs() {
        return List.of(new TensorInfo("sum", ElementType.FLOAT32, List.of(-1L)));
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        float[] sum = new float[(int) inputs.get("b").elements()];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = (float) (inputs.get("a").getDouble(i) + inputs.get("b").getDouble(i));
        }
        return Map.of("sum", Tensor.ofFloats(List.of((long) sum.length), sum));
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
