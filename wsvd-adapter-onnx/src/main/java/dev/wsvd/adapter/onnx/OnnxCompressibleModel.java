package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelDigest;
import dev.wsvd.adapter.onnx.internal.file.ModelWriter;
import dev.wsvd.adapter.onnx.internal.file.StoredParameters;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.WeightReader;
import dev.wsvd.adapter.onnx.internal.isolate.IsolatedEngine;
import dev.wsvd.adapter.onnx.internal.rewrite.GraphRewriter;
import dev.wsvd.adapter.onnx.internal.rewrite.Split;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.LayerShapes;
import dev.wsvd.adapter.onnx.internal.shape.Measuring;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenDim;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * An ONNX model and its layers. Scanning, measuring and digesting wait until they are asked for, so that a candidate which is
 * only evaluated costs little more than its two new weights.
 */
final class OnnxCompressibleModel implements CompressibleModel<OnnxModel> {
    private static final Duration MEASURING = Duration.ofSeconds(10);

    private final OnnxModel model;
    private final String name;
    private final Lazy<String> digest;
    private final InputShapes inputs;
    private final Lazy<List<Path>> files;
    private final ModelWriter writer;
    private final ExternalData external;
    private final Lazy<GraphScan> scan;
    private final Lazy<List<Layer>> layers;

    OnnxCompressibleModel(
            OnnxModel model,
            String name,
            Lazy<String> digest,
            InputShapes inputs,
            Lazy<List<Path>> files,
            ModelWriter writer) {
        this.model = model;
        this.name = name;
        this.digest = digest;
        this.inputs = inputs;
        this.files = files;
        this.writer = writer;
        this.external = new ExternalData(model.folder().orElse(null));
        this.scan = new Lazy<>(() -> GraphScan.of(model.proto()));
        this.layers = new Lazy<>(this::measured);
    }

    private List<Layer> measured() {
        Measuring measuring = new Measuring(IsolatedEngine.of(model.isolation()), MEASURING);
        return LayerShapes.measure(model.proto(), external, inputs, scan.get(), measuring);
    }

    /** Another handle on the same model; what one of them finds out, both know. */
    private OnnxCompressibleModel(OnnxCompressibleModel same) {
        this.model = same.model;
        this.name = same.name;
        this.digest = same.digest;
        this.inputs = same.inputs;
        this.files = same.files;
        this.writer = same.writer;
        this.external = same.external;
        this.scan = same.scan;
        this.layers = same.layers;
    }

    @Override
    public ModelIdentity identity() {
        return new ModelIdentity(name, digest.get());
    }

    @Override
    public List<Layer> layers() {
        return layers.get();
    }

    @Override
    public OptionalLong parameters() {
        return OptionalLong.of(StoredParameters.count(model.proto()));
    }

    @Override
    public List<OpenDim> openDims() {
        return inputs.openDims();
    }

    @Override
    public float[] weight(LayerId layer) {
        LayerNode node = node(layer);
        boolean hasShape = node.constant()
                .map(ConstantTensor::dims)
                .flatMap(node::weightShape)
                .isPresent();
        if (!hasShape) {
            throw new InvalidInputException("The weight of layer '" + layer + "' cannot be read: "
                    + node.obstacle().orElse("its dims are not those of a weight") + ".");
        }
        return new WeightReader(external).read(node);
    }

    @Override
    public CompressibleModel<OnnxModel> with(Collection<FactorizedLayer> splits) {
        if (splits.isEmpty()) {
            return new OnnxCompressibleModel(this);
        }
        Map<LayerId, FactorizedLayer> byLayer = new HashMap<>();
        for (FactorizedLayer split : splits) {
            SplitCheck.check(split, node(split.layer().id()));
            if (byLayer.put(split.layer().id(), split) != null) {
                throw new InvalidInputException("Layer '" + split.layer().id() + "' is split twice.");
            }
        }
        List<Split> inOrder = new ArrayList<>();
        for (LayerNode node : scan.get().layers()) {
            if (byLayer.containsKey(node.id())) {
                inOrder.add(new Split(node, byLayer.get(node.id())));
            }
        }
        ModelProto rewritten = GraphRewriter.rewrite(model.proto(), scan.get().root(), inOrder, Versions.wsvd());
        return new OnnxCompressibleModel(
                new OnnxModel(rewritten, model.folder(), model.isolation()),
                name,
                new Lazy<>(() -> ModelDigest.of(rewritten, external)),
                inputs,
                files,
                writer);
    }

    @Override
    public OnnxModel model() {
        return model;
    }

    @Override
    public List<Path> files() {
        return files.get();
    }

    @Override
    public boolean saveTouches(Path path, Path file) {
        return CompressibleModel.super.saveTouches(path, file) || ModelWriter.isData(path, file);
    }

    @Override
    public void requireSavable(Path file) {
        WholeFile.requireFile(file);
        CompressibleModel.super.requireSavable(file);
    }

    @Override
    public void save(Path file) {
        requireSavable(file);
        writer.write(model.proto(), external, file);
    }

    private LayerNode node(LayerId layer) {
        return scan.get()
                .layer(layer)
                .orElseThrow(() -> new InvalidInputException("The model has no layer '" + layer + "'."));
    }
}
