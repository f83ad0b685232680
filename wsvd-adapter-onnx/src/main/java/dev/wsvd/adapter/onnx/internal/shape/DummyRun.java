package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.WidenedModel;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.run.Ancestry;
import dev.wsvd.adapter.onnx.internal.run.OnnxPredictor;
import dev.wsvd.adapter.onnx.internal.run.PartedPredictor;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** One run of a model on zeros, for the sizes that only a run can tell. */
final class DummyRun {
    private static final Inference NOTHING = new Inference(Map.of(), "");

    private DummyRun() {}

    /**
     * The sizes of some tensors of the main graph; none if the model cannot be run on made-up inputs. A problem only if the
     * run took longer than a limit, or its weights do not fit into memory: why inference failed is already known.
     */
    static Inference measure(
            ModelProto model,
            ExternalData external,
            InputShapes inputs,
            Collection<String> wanted,
            Measuring measuring) {
        GraphProto.Builder graph = model.getGraph().toBuilder().clearOutput();
        wanted.forEach(name -> graph.addOutput(ValueInfoProto.newBuilder().setName(name)));
        Optional<Map<String, Tensor>> zeros = inputs.zeros();
        if (zeros.isEmpty()) {
            return NOTHING;
        }
        ModelProto run = model.toBuilder().setGraph(Ancestry.of(graph.build())).build();
        if (!PartedPredictor.fits(run, measuring.weights())) {
            return new Inference(Map.of(), "a run to measure it would load more weights than fit into memory");
        }
        Map<String, TensorShape> found = new HashMap<>();
        try (OnnxPredictor predictor = OnnxPredictor.of(measuring.engine(), WidenedModel.of(run), external)) {
            Optional<Map<String, Tensor>> results = predictor.run(zeros.get(), measuring.limit());
            if (results.isEmpty()) {
                return new Inference(
                        Map.of(),
                        "a run to measure it took longer than "
                                + measuring.limit().toSeconds() + " s");
            }
            results.get()
                    .forEach((name, tensor) ->
                            found.put(name, new TensorShape(ElementTypes.number(tensor.type()), tensor.shape())));
        } catch (EngineLostException e) {
            throw e;
        } catch (WsvdException e) {
            // A model that cannot be run like this simply tells nothing.
            return NOTHING;
        }
        return new Inference(found, "");
    }
}
