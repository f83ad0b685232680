package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.List;
import java.util.Map;

/**
 * Looks up a vector for each token: {@code tokens} [N, T, d]; {@code first} [N, d] is the first token's. The mask is taken and
 * not used.
 */
record TokenModel(float[][] table) implements Predictor {
    @Override
    public List<TensorInfo> inputs() {
        return List.of(
                new TensorInfo("input_ids", ElementType.INT64, List.of(-1L, -1L)),
                new TensorInfo("attention_mask", ElementType.INT64, List.of(-1L, -1L)));
    }

    @Override
    public List<TensorInfo> outputs() {
        return List.of(
                new TensorInfo("tokens", ElementType.FLOAT32, List.of(-1L, -1L, (long) table[0].length)),
                new TensorInfo("first", ElementType.FLOAT32, List.of(-1L, (long) table[0].length)));
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Tensor ids = inputs.get("input_ids");
        int samples = Math.toIntExact(ids.shape().get(0));
        int length = Math.toIntExact(ids.shape().get(1));
        int width = table[0].length;
        float[] tokens = new float[samples * length * width];
        float[] first = new float[samples * width];
        for (int i = 0; i < samples; i++) {
            for (int t = 0; t < length; t++) {
                System.arraycopy(
                        table[(int) ids.getDouble(i * length + t)], 0, tokens, (i * length + t) * width, width);
            }
            System.arraycopy(tokens, i * length * width, first, i * width, width);
        }
        return Map.of(
                "tokens", Tensor.ofFloats(List.of((long) samples, (long) length, (long) width), tokens),
                "first", Tensor.ofFloats(List.of((long) samples, (long) width), first));
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
