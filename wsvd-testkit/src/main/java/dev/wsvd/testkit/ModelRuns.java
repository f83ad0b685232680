package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What models are given and what they give, in contract tests. */
final class ModelRuns {
    /** The value of a dynamic dim. */
    @FunctionalInterface
    interface DynamicDim {
        long of(TensorInfo input, int dim);
    }

    private ModelRuns() {}

    /** Inputs that fit: numbers in [−1, 1), the same every time; ones for other types. */
    static Map<String, Tensor> inputs(Predictor predictor, DynamicDim dynamicDim) {
        Random random = new Random(3);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        for (TensorInfo input : predictor.inputs()) {
            List<Long> shape = new ArrayList<>();
            for (int i = 0; i < input.shape().size(); i++) {
                shape.add(
                        input.shape().get(i) < 0
                                ? dynamicDim.of(input, i)
                                : input.shape().get(i));
            }
            int elements = (int) (long) shape.stream().reduce(1L, Math::multiplyExact);
            switch (input.type()) {
                case FLOAT32 -> {
                    float[] values = new float[elements];
                    for (int i = 0; i < elements; i++) {
                        values[i] = random.nextFloat() * 2 - 1;
                    }
                    inputs.put(input.name(), Tensor.ofFloats(shape, values));
                }
                default ->
                    inputs.put(
                            input.name(),
                            new Tensor(
                                    input.type(),
                                    shape,
                                    ByteBuffer.allocate(elements * input.type().bytes())));
            }
        }
        return inputs;
    }

    /** ‖actual − expected‖ ≤ tolerance · ‖expected‖, output by output. */
    static void assertSame(Map<String, Tensor> expected, Map<String, Tensor> actual, double tolerance) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, tensor) -> {
            Tensor found = actual.get(name);
            assertEquals(tensor.shape(), found.shape(), "shape of " + name);
            double difference = 0;
            double norm = 0;
            for (int i = 0; i < tensor.elements(); i++) {
                difference += Math.pow(found.getDouble(i) - tensor.getDouble(i), 2);
                norm += Math.pow(tensor.getDouble(i), 2);
            }
            assertTrue(
                    Math.sqrt(difference) <= tolerance * Math.sqrt(norm),
                    "output " + name + " differs by " + Math.sqrt(difference / norm));
        });
    }
}
