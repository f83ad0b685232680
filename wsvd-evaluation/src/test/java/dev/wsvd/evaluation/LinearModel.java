package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model that really computes: {@code logits} = x W, and {@code label}, the arg-max, as whole numbers. Input {@code x} is
 * float32 [batch, features].
 *
 * @param weight by feature, then class
 * @param batch the batch dim, −1 if any
 * @param tail dims after the classes
 */
record LinearModel(float[][] weight, long batch, List<Long> tail) {
    LinearModel(float[][] weight) {
        this(weight, -1, List.of());
    }

    LinearModel withBatch(long size) {
        return new LinearModel(weight, size, tail);
    }

    LinearModel withTail(Long... dims) {
        return new LinearModel(weight, batch, List.of(dims));
    }

    /** The format of such models; counts what it runs. */
    static final class Format implements ModelFormat<LinearModel> {
        final List<Long> batchesRun = new ArrayList<>();
        int made;
        int closed;

        @Override
        public String id() {
            return "linear";
        }

        @Override
        public boolean accepts(Path file) {
            return false;
        }

        @Override
        public CompressibleModel<LinearModel> open(Path file, OpenOptions options) {
            throw new InvalidInputException("The format 'linear' has no files.");
        }

        @Override
        public Predictor predictor(LinearModel model) {
            made++;
            return new Running(model, this);
        }
    }

    private record Running(LinearModel model, Format format) implements Predictor {
        @Override
        public List<TensorInfo> inputs() {
            return List.of(new TensorInfo("x", ElementType.FLOAT32, List.of(model.batch, (long) model.weight.length)));
        }

        @Override
        public List<TensorInfo> outputs() {
            return List.of(
                    new TensorInfo("label", ElementType.INT64, List.of(model.batch)),
                    new TensorInfo("logits", ElementType.FLOAT32, shape(model.batch)));
        }

        @Override
        public Map<String, Tensor> run(Map<String, Tensor> inputs) {
            Tensor x = inputs.get("x");
            int samples = Math.toIntExact(x.shape().get(0));
            if (model.batch > 0 && model.batch != samples) {
                throw new InvalidInputException("Input 'x' takes " + model.batch + " samples, found " + samples + ".");
            }
            format.batchesRun.add((long) samples);
            int features = model.weight.length;
            int classes = model.weight[0].length;
            float[] logits = new float[samples * classes];
            long[] labels = new long[samples];
            for (int i = 0; i < samples; i++) {
                for (int c = 0; c < classes; c++) {
                    for (int f = 0; f < features; f++) {
                        logits[i * classes + c] += (float) x.getDouble(i * features + f) * model.weight[f][c];
                    }
                    if (logits[i * classes + c] > logits[i * classes + (int) labels[i]]) {
                        labels[i] = c;
                    }
                }
            }
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            outputs.put("label", Tensor.ofLongs(List.of((long) samples), labels));
            outputs.put("logits", Tensor.ofFloats(shape(samples), logits));
            return outputs;
        }

        private List<Long> shape(long samples) {
            List<Long> shape = new ArrayList<>(List.of(samples));
            long classes = model.weight[0].length;
            for (long dim : model.tail) {
                classes /= dim;
            }
            shape.add(classes);
            shape.addAll(model.tail);
            return shape;
        }

        @Override
        public void close() {
            format.closed++;
        }
    }
}
