package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.run.Engine;
import dev.wsvd.adapter.onnx.internal.run.EngineSession;
import dev.wsvd.adapter.onnx.internal.run.OrtTypes;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * What ONNX Runtime's shape inference says of a model's outputs. Nothing runs.
 *
 * @param shapes by output; those that are no tensors are absent
 * @param problem why there are none; empty if there are
 */
record Inference(Map<String, TensorShape> shapes, String problem) {
    static Inference of(ModelProto model) {
        Map<String, TensorShape> shapes = new HashMap<>();
        try (EngineSession session = Engine.open(model, new ExternalData(null), Engine.Optimization.NONE)) {
            for (NodeInfo info : session.session().getOutputInfo().values()) {
                if (info.getInfo() instanceof TensorInfo tensor) {
                    shapes.put(
                            info.getName(),
                            new TensorShape(
                                    OrtTypes.number(tensor.onnxType),
                                    Arrays.stream(tensor.getShape()).boxed().toList()));
                }
            }
            return new Inference(shapes, "");
        } catch (ModelFormatException e) {
            return new Inference(Map.of(), e.getMessage().replaceFirst("[.]$", ""));
        } catch (OrtException e) {
            return new Inference(Map.of(), "ONNX Runtime says: " + Engine.reason(e));
        }
    }
}
