package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.engine.EngineSession;
import dev.wsvd.adapter.onnx.internal.engine.EngineValue;
import dev.wsvd.adapter.onnx.internal.engine.WidenedModel;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.HashMap;
import java.util.Map;

/**
 * What ONNX Runtime's shape inference says of a model's outputs. Nothing runs.
 *
 * @param shapes by output; those that are no tensors are absent
 * @param problem why there are none; empty if there are
 */
record Inference(Map<String, TensorShape> shapes, String problem) {
    static Inference of(Engine engine, ModelProto model) {
        Map<String, TensorShape> shapes = new HashMap<>();
        try (EngineSession session =
                engine.open(EngineModel.of(WidenedModel.of(model), new ExternalData(null)), Engine.Optimization.NONE)) {
            for (EngineValue output : session.outputs()) {
                if (output.isTensor()) {
                    shapes.put(output.name(), new TensorShape(output.type(), output.dims()));
                }
            }
            return new Inference(shapes, "");
        } catch (EngineLostException e) {
            throw e;
        } catch (ModelFormatException e) {
            return new Inference(Map.of(), e.getMessage().replaceFirst("[.]$", ""));
        } catch (EngineException e) {
            return new Inference(Map.of(), "ONNX Runtime says: " + e.getMessage());
        }
    }
}
