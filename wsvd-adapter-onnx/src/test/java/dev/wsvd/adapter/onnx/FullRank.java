package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.Factorizer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
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
import java.util.stream.Stream;

/** Splits layers at full rank, where the model must compute what it did. */
final class FullRank {
    static final OnnxFormat FORMAT = new OnnxFormat();
    private static final Factorizer FACTORIZER = new Factorizer(new EjmlProvider().create());

    private FullRank() {}

    static CompressibleModel<OnnxModel> open(ModelProto model) {
        return FORMAT.of(model, "test.onnx", OpenOptions.DEFAULT);
    }

    /** The unfoldings that all layers of a model have. */
    static List<Unfolding> unfoldings(CompressibleModel<OnnxModel> model) {
        return Stream.of(Unfolding.values())
                .filter(unfolding -> model.layers().stream().allMatch(unfolding::appliesTo))
                .toList();
    }

    static CompressibleModel<OnnxModel> splitAll(CompressibleModel<OnnxModel> model, Unfolding unfolding) {
        List<FactorizedLayer> splits = new ArrayList<>();
        for (Layer layer : model.layers()) {
            if (layer.splittable() && unfolding.appliesTo(layer)) {
                splits.add(split(model, layer, unfolding, unfolding.maxRank(layer)));
            }
        }
        return model.with(splits);
    }

    static FactorizedLayer split(CompressibleModel<OnnxModel> model, Layer layer, Unfolding unfolding, int rank) {
        return FACTORIZER
                .factor(layer, model.weight(layer.id()), unfolding, rank)
                .at(rank);
    }

    static Map<String, Tensor> run(OnnxModel model, Map<String, Tensor> inputs) {
        try (Predictor predictor = FORMAT.predictor(model)) {
            return predictor.run(inputs);
        }
    }

    /** Uniform numbers in [−1, 1); dynamic dims are 3. */
    static Map<String, Tensor> inputs(OnnxModel model) {
        Random random = new Random(11);
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        try (Predictor predictor = FORMAT.predictor(model)) {
            for (TensorInfo info : predictor.inputs()) {
                List<Long> shape = info.shape().stream().map(d -> d < 0 ? 3 : d).toList();
                long elements = shape.stream().reduce(1L, Math::multiplyExact);
                float[] values = new float[(int) elements];
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextFloat() * 2 - 1;
                }
                inputs.put(info.name(), tensor(info.type(), shape, values));
            }
        }
        return inputs;
    }

    static Tensor tensor(ElementType type, List<Long> shape, float[] values) {
        if (type == ElementType.FLOAT32) {
            return Tensor.ofFloats(shape, values);
        }
        if (type == ElementType.FLOAT16) {
            long[] dims = shape.stream().mapToLong(d -> d).toArray();
            return new Tensor(
                    type,
                    shape,
                    ModelBuilder.halves("x", values, dims).getRawData().asReadOnlyByteBuffer());
        }
        ByteBuffer bytes = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bytes.capacity(); i += type.bytes()) {
            bytes.put(i, (byte) 1);
        }
        return new Tensor(type, shape, bytes);
    }

    /** ‖actual − expected‖ ≤ tolerance · ‖expected‖, output by output. */
    static void assertSame(Map<String, Tensor> actual, Map<String, Tensor> expected, double tolerance) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, tensor) -> {
            assertThat(actual.get(name).shape()).as(name).isEqualTo(tensor.shape());
            assertThat(actual.get(name).type()).as(name).isEqualTo(tensor.type());
            assertThat(distance(actual.get(name), tensor)).as("output " + name).isLessThanOrEqualTo(tolerance);
        });
    }

    static double distance(Tensor actual, Tensor expected) {
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.elements(); i++) {
            double d = actual.getDouble(i) - expected.getDouble(i);
            difference += d * d;
            norm += expected.getDouble(i) * expected.getDouble(i);
        }
        return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.sqrt(difference / Math.max(norm, 1e-30));
    }

    /** Number of weight elements of all layers. */
    static long memory(CompressibleModel<OnnxModel> model) {
        return model.layers().stream().mapToLong(l -> l.weight().elements()).sum();
    }
}
