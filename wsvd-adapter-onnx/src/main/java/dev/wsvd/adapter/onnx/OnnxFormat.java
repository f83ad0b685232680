package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.SessionMemory;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelDigest;
import dev.wsvd.adapter.onnx.internal.file.ModelFile;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.file.ModelWriter;
import dev.wsvd.adapter.onnx.internal.rewrite.InlinedFunctions;
import dev.wsvd.adapter.onnx.internal.rewrite.PlainGraph;
import dev.wsvd.adapter.onnx.internal.run.PartedPredictor;
import dev.wsvd.adapter.onnx.internal.run.WatchedGraph;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.OutputTypes;
import dev.wsvd.adapter.onnx.internal.weights.GivenWeights;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.safetensors.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * ONNX files. Layers are the {@code Conv}, {@code ConvTranspose}, {@code Gemm} and {@code MatMul} nodes with a stored weight in float32, float16 or bfloat16, and the
 * {@code Gather} nodes that look up rows of such a table, wherever it is stored, and the input weights of {@code LSTM}, {@code GRU} and
 * {@code RNN} nodes; what cannot be replaced is listed with its reason. What ONNX Runtime fused as it saved an optimised model is taken
 * apart first ({@link PlainGraph}), and calls of a model's own functions that hold layers are replaced by their nodes ({@link
 * InlinedFunctions}).
 *
 * <p>Sizes are those at the inputs' fixed dims; a dynamic dim has the value the options give, else 1, but 224 for the spatial
 * dims of an image (4 dims) and 64 for those of a volume (5 dims).
 */
public final class OnnxFormat implements ModelFormat<OnnxModel> {
    /** The provider's id. */
    public static final String ID = "onnx";

    private final ModelWriter writer;

    public OnnxFormat() {
        this(new ModelWriter());
    }

    OnnxFormat(ModelWriter writer) {
        this.writer = writer;
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public boolean accepts(Path file) {
        Path name = file.getFileName();
        boolean named = name != null && name.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
        return Files.isRegularFile(file) && (named || ModelFile.looksLikeModel(file));
    }

    @Override
    public boolean isolates() {
        return true;
    }

    @Override
    public boolean takesWeights() {
        return true;
    }

    @Override
    public CompressibleModel<OnnxModel> open(Path file, OpenOptions options) {
        ModelFile opened = ModelFile.open(file);
        ModelProto plain = plain(opened.model());
        Optional<Safetensors> weights = options.weights().map(Safetensors::open);
        Optional<GivenWeights> given = weights.map(tensors -> GivenWeights.of(plain, tensors));
        ModelProto model = given.map(GivenWeights::model).orElse(plain);
        ExternalData external = new ExternalData(opened.folder());
        return new OnnxCompressibleModel(
                new OnnxModel(model, Optional.of(opened.folder()), options.isolation()),
                String.valueOf(file.getFileName()),
                new Lazy<>(
                        () -> given.isPresent() ? ModelDigest.of(model, external) : ModelDigest.of(opened, external)),
                new InputShapes(model.getGraph(), options),
                new Lazy<>(() -> files(file, model, external, weights)),
                given.map(GivenWeights::notices).orElse(List.of()),
                writer);
    }

    /** With layers that can be found and split wherever they stand. */
    private static ModelProto plain(ModelProto model) {
        return PlainGraph.of(InlinedFunctions.of(model));
    }

    private static List<Path> files(Path file, ModelProto model, ExternalData external, Optional<Safetensors> weights) {
        Set<Path> files = new LinkedHashSet<>(Set.of(file));
        weights.ifPresent(tensors -> files.addAll(tensors.files()));
        ModelTensors.forEach(model, tensor -> {
            if (ExternalData.isExternal(tensor)) {
                files.add(external.piece(tensor).file());
            }
        });
        return List.copyOf(files);
    }

    /**
     * A model made in memory, with its own weights.
     *
     * @param name for people
     * @throws dev.wsvd.domain.error.InvalidInputException if the options do not fit the model
     * @throws dev.wsvd.domain.error.ModelFormatException if the model contradicts itself
     */
    public CompressibleModel<OnnxModel> of(ModelProto model, String name, OpenOptions options) {
        options.requireOwnWeights(ID);
        ModelFile.check(model, name);
        return new OnnxCompressibleModel(
                new OnnxModel(plain(model), Optional.empty(), options.isolation()),
                name,
                new Lazy<>(() -> ModelDigest.of(model, new ExternalData(null))),
                new InputShapes(model.getGraph(), options),
                new Lazy<>(List::of),
                List.of(),
                writer);
    }

    @Override
    public Predictor predictor(OnnxModel model) {
        return predictor(model, model.proto());
    }

    /** Layers inside {@code If} and {@code Loop} are not watched, nor products whose weight is on the left. */
    @Override
    public Probe probe(OnnxModel model, Collection<LayerId> layers) {
        return probe(model, WatchedGraph.of(model.proto(), layers));
    }

    @Override
    public Probe probeBefore(OnnxModel model, LayerId layer, Map<String, TensorInfo> known) {
        return probe(model, WatchedGraph.before(model.proto(), layer, known));
    }

    @Override
    public Probe probeBehind(OnnxModel model, Collection<LayerId> layers, Map<String, TensorInfo> known) {
        return probe(model, WatchedGraph.behind(model.proto(), layers, known));
    }

    @Override
    public Probe probeRest(OnnxModel model, Map<String, TensorInfo> known) {
        return probe(model, WatchedGraph.rest(model.proto(), known));
    }

    private static Probe probe(OnnxModel model, WatchedGraph watched) {
        return new Probe(
                predictor(model, watched.model()),
                watched.inputs(),
                watched.outputs(),
                watched.addends(),
                watched.alive());
    }

    private static Predictor predictor(OnnxModel model, ModelProto proto) {
        Engine engine = model.engine();
        ExternalData external = new ExternalData(model.folder().orElse(null));
        return PartedPredictor.of(
                engine,
                proto,
                external,
                SessionMemory.ofWeights(model.isolation()),
                () -> OutputTypes.of(engine, proto, external));
    }
}
