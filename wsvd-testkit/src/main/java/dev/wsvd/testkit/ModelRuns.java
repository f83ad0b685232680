package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What models are given and what they give, in contract tests. */
final class ModelRuns {
    /** The value of a dynamic dim. */
    @FunctionalInterface
    interface DynamicDim {
        long of(TensorInfo input, int dim);
    }

    private ModelRuns() {}

    /** Inputs that fit: numbers in [−1, 1), 0 or 1 for integers, the same every time; zeros for other types. */
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
            inputs.put(input.name(), new Tensor(input.type(), shape, values(input.type(), elements, random)));
        }
        return inputs;
    }

    private static ByteBuffer values(ElementType type, int elements, Random random) {
        ByteBuffer values = ByteBuffer.allocate(elements * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < elements; i++) {
            if (type == ElementType.FLOAT32) {
                values.putFloat(i * Float.BYTES, random.nextFloat() * 2 - 1);
            } else if (!type.floating()) {
                values.put(i * type.bytes(), (byte) random.nextInt(2));
            }
        }
        return values;
    }

    /**
     * ‖actual − expected‖ ≤ tolerance · ‖expected‖, output by output.
     *
     * @param model what was run, for messages
     */
    static void assertSame(String model, Map<String, Tensor> expected, Map<String, Tensor> actual, double tolerance) {
        assertEquals(expected.keySet(), actual.keySet(), () -> "names of outputs of " + model);
        expected.forEach((name, tensor) -> {
            double difference = difference(model, name, tensor, actual.get(name));
            assertTrue(
                    difference <= tolerance,
                    () -> "Output '" + name + "' of " + model + ": ‖found − expected‖ / ‖expected‖ is " + difference
                            + ", allowed " + tolerance + ". Expected " + first(tensor) + ", found "
                            + first(actual.get(name)));
        });
    }

    /** The same numbers as float64. */
    static Tensor asFloat64(Tensor tensor) {
        ByteBuffer data =
                ByteBuffer.allocate((int) tensor.elements() * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tensor.elements(); i++) {
            data.putDouble(tensor.getDouble(i));
        }
        return new Tensor(ElementType.FLOAT64, tensor.shape(), data.flip());
    }

    /** Zeros of a type in the place of float32, and what else there is. */
    static Map<String, Tensor> zeros(Map<String, Tensor> tensors, ElementType type) {
        Map<String, Tensor> zeros = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            ByteBuffer data = ByteBuffer.allocate((int) tensor.elements() * type.bytes());
            zeros.put(name, tensor.type() == ElementType.FLOAT32 ? new Tensor(type, tensor.shape(), data) : tensor);
        });
        return zeros;
    }

    /** The opposite numbers where they are float32, else the same ones. */
    static Map<String, Tensor> negated(Map<String, Tensor> tensors) {
        Map<String, Tensor> negated = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            float[] values = new float[(int) tensor.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) -tensor.getDouble(i);
            }
            negated.put(name, tensor.type() == ElementType.FLOAT32 ? Tensor.ofFloats(tensor.shape(), values) : tensor);
        });
        return negated;
    }

    /** The bytes of tensors, by name. */
    static Map<String, ByteBuffer> copies(Map<String, Tensor> tensors) {
        Map<String, ByteBuffer> copies = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            ByteBuffer data = tensor.data();
            copies.put(name, ByteBuffer.allocate(data.remaining()).put(data).flip());
        });
        return copies;
    }

    /** The largest ‖b − a‖ / ‖a‖ of any output. */
    static double largestDifference(Map<String, Tensor> a, Map<String, Tensor> b) {
        return a.keySet().stream()
                .mapToDouble(name -> difference("a model", name, a.get(name), b.get(name)))
                .max()
                .orElse(0);
    }

    private static double difference(String model, String name, Tensor expected, Tensor found) {
        assertEquals(expected.shape(), found.shape(), () -> "shape of output '" + name + "' of " + model);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.elements(); i++) {
            difference += Math.pow(found.getDouble(i) - expected.getDouble(i), 2);
            norm += Math.pow(expected.getDouble(i), 2);
        }
        return difference == 0 ? 0 : Math.sqrt(difference / norm);
    }

    private static String first(Tensor tensor) {
        return IntStream.range(0, (int) Math.min(4, tensor.elements()))
                .mapToObj(i -> String.valueOf(tensor.getDouble(i)))
                .collect(Collectors.joining(", ", "[", " …]"));
    }
}
