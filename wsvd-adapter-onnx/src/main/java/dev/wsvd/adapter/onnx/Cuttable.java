package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.coupling.AttentionFinder;
import dev.wsvd.adapter.onnx.internal.coupling.CouplingGraph;
import dev.wsvd.adapter.onnx.internal.coupling.Couplings;
import dev.wsvd.adapter.onnx.internal.coupling.Findings;
import dev.wsvd.adapter.onnx.internal.coupling.FusedProjection;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.rewrite.CutWeights;
import dev.wsvd.adapter.onnx.internal.rewrite.FusedRewriter;
import dev.wsvd.adapter.onnx.internal.shape.ExampleShapes;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.Measuring;
import dev.wsvd.adapter.onnx.internal.shape.StaticShapes;
import dev.wsvd.domain.layer.Layer;
import java.util.List;

/**
 * What there is to cut of a model.
 *
 * @param model what is cut: it has the same layers and computes the same, but queries, keys and values that one layer writes may be
 *     split earlier
 * @param findings of that model
 * @param weights of it after cuts
 */
record Cuttable(ModelProto model, GraphScan scan, Findings findings, CutWeights weights) {
    static Cuttable of(
            OnnxModel model,
            InputShapes inputs,
            GraphScan scan,
            List<Layer> layers,
            ExternalData external,
            Measuring measuring) {
        ModelProto proto = model.proto();
        CouplingGraph graph = graph(proto, inputs, scan, layers, external, measuring);
        List<FusedProjection> fused = AttentionFinder.fused(graph);
        if (!fused.isEmpty()) {
            ModelProto split = FusedRewriter.split(proto, scan.root(), fused, external);
            GraphScan splitScan = GraphScan.of(split);
            CouplingGraph splitGraph = graph(split, inputs, splitScan, layers, external, measuring);
            return new Cuttable(split, splitScan, Couplings.of(splitGraph), new CutWeights());
        }
        return new Cuttable(proto, scan, Couplings.of(graph), new CutWeights());
    }

    private static CouplingGraph graph(
            ModelProto model,
            InputShapes inputs,
            GraphScan scan,
            List<Layer> layers,
            ExternalData external,
            Measuring measuring) {
        StaticShapes shapes = StaticShapes.of(model, external, measuring.engine());
        Lazy<ExampleShapes> examples =
                new Lazy<>(() -> ExampleShapes.of(model, external, inputs, AttentionFinder.FOLLOWED, measuring));
        return new CouplingGraph(model, scan, layers, external, shapes, examples::get);
    }
}
