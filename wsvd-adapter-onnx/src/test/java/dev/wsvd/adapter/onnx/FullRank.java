package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.factorization.EmbeddingSvd;
import dev.wsvd.factorization.SpatialSvd;
import dev.wsvd.factorization.Tucker2;
import dev.wsvd.factorization.WeightSvd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Replaces layers at full rank, where the model must compute what it did. */
final class FullRank {
    static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    static final Schemes SCHEMES =
            new Schemes(List.of(new WeightSvd(), new SpatialSvd(), new Tucker2(), new EmbeddingSvd()));

    private FullRank() {}

    static CompressibleModel<OnnxModel> open(ModelProto model) {
        return FORMAT.of(model, "test.onnx", OpenOptions.DEFAULT);
    }

    /** The forms that all layers of a model have. */
    static List<String> forms(CompressibleModel<OnnxModel> model) {
        return SCHEMES.forms().stream()
                .filter(form -> model.layers().stream().allMatch(layer -> applies(layer, form)))
                .toList();
    }

    static boolean applies(Layer layer, String form) {
        return !SCHEMES.of(form).choices(layer, form, 1).isEmpty();
    }

    /** All layers that have a form. */
    static CompressibleModel<OnnxModel> splitAll(CompressibleModel<OnnxModel> model, String form) {
        return model.with(model.layers().stream()
                .filter(layer -> layer.supported() && applies(layer, form))
                .map(layer -> split(model, layer, form))
                .toList());
    }

    static Replacement split(CompressibleModel<OnnxModel> model, Layer layer, String form) {
        List<Choice> choices = SCHEMES.of(form).choices(layer, form, 1);
        return split(model, layer, choices.get(choices.size() - 1));
    }

    static Replacement split(CompressibleModel<OnnxModel> model, Layer layer, String form, int rank) {
        return split(model, layer, Choice.of(form, rank));
    }

    private static Replacement split(CompressibleModel<OnnxModel> model, Layer layer, Choice choice) {
        return factors(model, layer, Optional.empty(), choice).at(choice);
    }

    static Factors factors(
            CompressibleModel<OnnxModel> model, Layer layer, Optional<LayerMoments> seen, Choice largest) {
        return SCHEMES.of(largest.form()).factor(layer, model.weights(layer.id()), seen, largest, EJML);
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

    /** The one layer of a model, {@code conv} or {@code fc}, computes at full rank what ONNX Runtime makes of the model's own operator. */
    static void assertSplit(ModelProto proto) {
        CompressibleModel<OnnxModel> model = open(proto);
        OnnxModel fused = new OnnxModel(proto, Optional.empty(), model.model().isolation());
        Map<String, Tensor> inputs = inputs(fused);
        Map<String, Tensor> expected = run(fused, inputs);

        assertThat(model.layers()).hasSize(1).allMatch(Layer::supported);
        assertThat(model.layers().get(0).id().name()).isIn("conv", "fc");
        assertSame(run(model.model(), inputs), expected, 1e-4);
        assertThat(forms(model)).isNotEmpty();
        for (String form : forms(model)) {
            CompressibleModel<OnnxModel> split = splitAll(model, form);
            assertThat(split.layers()).hasSizeGreaterThan(1);
            assertSame(run(split.model(), inputs), expected, 1e-4);
        }
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
}
