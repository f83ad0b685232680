package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.quantization.ModelQuantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Inputs for networks in int8, and what is seen of these. */
final class Int8Nets {
    static final Map<String, Tensor> CALIBRATION = gaussian(1, 60L, 3L, 12L, 12L);
    static final Map<String, Tensor> INPUTS = gaussian(2, 20L, 3L, 12L, 12L);

    private Int8Nets() {}

    /** Of a network that reads images as these are. */
    static ModelQuantizer<OnnxModel> quantizer(CompressibleModel<OnnxModel> model) {
        return ModelQuantizer.of(model).calibration(samples(CALIBRATION));
    }

    /** Gaussian numbers. */
    static Map<String, Tensor> gaussian(int seed, Long... shape) {
        Random random = new Random(seed);
        long elements = Stream.of(shape).reduce(1L, Math::multiplyExact);
        float[] values = new float[(int) elements];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Map.of("x", Tensor.ofFloats(List.of(shape), values));
    }

    static ArrayActivations<OnnxModel> samples(Map<String, Tensor> inputs) {
        return ArrayActivations.of(FullRank.FORMAT, ArrayDataset.of(inputs));
    }

    /** Signal to noise in dB, of all outputs the least. */
    static double sqnr(
            CompressibleModel<OnnxModel> model, CompressibleModel<OnnxModel> original, Map<String, Tensor> inputs) {
        Map<String, Tensor> actual = FullRank.run(model.model(), inputs);
        Map<String, Tensor> expected = FullRank.run(original.model(), inputs);
        if (!actual.keySet().equals(expected.keySet())) {
            throw new AssertionError("outputs " + actual.keySet() + " instead of " + expected.keySet());
        }
        return expected.keySet().stream()
                .mapToDouble(name -> -20 * Math.log10(FullRank.distance(actual.get(name), expected.get(name))))
                .min()
                .orElseThrow();
    }

    static List<String> names(CompressibleModel<OnnxModel> model) {
        return model.layers().stream().map(Layer::id).map(Object::toString).toList();
    }

    static List<String> operators(ModelProto model) {
        return model.getGraph().getNodeList().stream().map(NodeProto::getOpType).toList();
    }

    /** What ONNX Runtime computes instead of a model's operators. */
    static List<String> optimised(ModelProto model, Path folder) throws IOException, OrtException {
        Path file = folder.resolve("optimised.onnx");
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setOptimizedModelFilePath(file.toString());
            OrtEnvironment.getEnvironment()
                    .createSession(model.toByteArray(), options)
                    .close();
        }
        return operators(ModelProto.parseFrom(Files.readAllBytes(file)));
    }
}
