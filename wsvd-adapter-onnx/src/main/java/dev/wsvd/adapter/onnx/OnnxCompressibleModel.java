package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.coupling.FoundCoupling;
import dev.wsvd.adapter.onnx.internal.engine.ChannelBlock;
import dev.wsvd.adapter.onnx.internal.engine.SessionMemory;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelDigest;
import dev.wsvd.adapter.onnx.internal.file.ModelWriter;
import dev.wsvd.adapter.onnx.internal.file.StoredParameters;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.SiblingScan;
import dev.wsvd.adapter.onnx.internal.graph.StoredWeights;
import dev.wsvd.adapter.onnx.internal.quantize.Int8Model;
import dev.wsvd.adapter.onnx.internal.rewrite.BiasPlace;
import dev.wsvd.adapter.onnx.internal.rewrite.StageWriter;
import dev.wsvd.adapter.onnx.internal.run.OnnxStopwatch;
import dev.wsvd.adapter.onnx.internal.run.PairedTimes;
import dev.wsvd.adapter.onnx.internal.run.PartedPredictor;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.LayerShapes;
import dev.wsvd.adapter.onnx.internal.shape.Measuring;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Lineage;
import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * An ONNX model and its layers. Scanning, measuring and digesting wait until they are asked for, so that a candidate which is
 * only evaluated costs little more than its new weights.
 */
final class OnnxCompressibleModel implements CompressibleModel<OnnxModel> {
    private static final int CHANNEL_ALIGNMENT = 4;

    private static final Duration MEASURING = Duration.ofSeconds(10);

    /** To close what has no process of its own: its weights go with the last that looks at them. */
    private static final Runnable NOTHING = () -> {};

    private final OnnxModel model;
    private final String name;
    private final Lazy<String> digest;
    private final InputShapes inputs;
    private final Lazy<List<Path>> files;
    private final List<String> notices;
    private final ModelWriter writer;
    private final ExternalData external;
    private final Lazy<GraphScan> scan;
    private final Lazy<List<Layer>> layers;
    private final Lazy<Cuttable> cuttable;
    private final Lazy<List<LostFusion>> lostFusions;
    private final Lazy<List<Siblings>> siblings;
    private final Lazy<Lineage> lineage;
    private final Runnable closing;

    OnnxCompressibleModel(
            OnnxModel model,
            String name,
            Lazy<String> digest,
            InputShapes inputs,
            Lazy<List<Path>> files,
            List<String> notices,
            ModelWriter writer) {
        this(model, name, digest, inputs, files, notices, writer, Lineage::of);
    }

    /** @param lineage of the model's layers in graph order */
    private OnnxCompressibleModel(
            OnnxModel model,
            String name,
            Lazy<String> digest,
            InputShapes inputs,
            Lazy<List<Path>> files,
            List<String> notices,
            ModelWriter writer,
            Function<List<LayerId>, Lineage> lineage) {
        this.model = model;
        this.name = name;
        this.digest = digest;
        this.inputs = inputs;
        this.files = files;
        this.notices = notices;
        this.writer = writer;
        this.external = new ExternalData(model.folder().orElse(null));
        this.scan = new Lazy<>(() -> GraphScan.of(model.proto()));
        this.layers = new Lazy<>(this::measured);
        this.cuttable = new Lazy<>(() -> Cuttable.of(model, inputs, scan.get(), layers.get(), external, measuring()));
        this.lostFusions =
                new Lazy<>(() -> runsWhole() ? LostFusions.of(this, inputs::zeros, PairedTimes::of) : List.of());
        this.siblings = new Lazy<>(() -> SiblingScan.of(scan.get(), layers.get()));
        this.lineage = new Lazy<>(() -> lineage.apply(scan.get().ids()));
        this.closing = NOTHING;
    }

    private List<Layer> measured() {
        return LayerShapes.measure(model.proto(), external, inputs, scan.get(), measuring());
    }

    private Measuring measuring() {
        return new Measuring(model.engine(), MEASURING, SessionMemory.ofWeights(model.isolation()));
    }

    /** Another handle on the same model, run like that and saved by that writer; what one of them finds out, both know. */
    private OnnxCompressibleModel(OnnxCompressibleModel same, OnnxModel model, ModelWriter writer, Runnable closing) {
        this.model = model;
        this.name = same.name;
        this.digest = same.digest;
        this.inputs = same.inputs;
        this.files = same.files;
        this.notices = same.notices;
        this.writer = writer;
        this.external = same.external;
        this.scan = same.scan;
        this.layers = same.layers;
        this.cuttable = same.cuttable;
        this.lostFusions = same.lostFusions;
        this.siblings = same.siblings;
        this.lineage = same.lineage;
        this.closing = closing;
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
    public boolean runsWhole() {
        return PartedPredictor.fits(model.proto(), SessionMemory.ofWeights(model.isolation()));
    }

    /** A session holds its weights twice while it loads them, and as much again is left for what it computes. */
    @Override
    public int workers() {
        return runsWhole()
                ? SessionMemory.sessions(4 * PartedPredictor.weightBytes(model.proto()), model.isolation())
                : 1;
    }

    @Override
    public CompressibleModel<OnnxModel> forWorker(int number, int threads) {
        OnnxModel worker = model.with(new EngineShare(number, threads));
        return new OnnxCompressibleModel(this, worker, writer, worker::endWorker);
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
    public List<String> notices() {
        return notices;
    }

    @Override
    public Weights weights(LayerId layer) {
        return StoredWeights.of(node(layer), external);
    }

    @Override
    public Optional<float[]> bias(LayerId layer) {
        LayerNode node = node(layer);
        return node.storedShape().flatMap(weight -> BiasPlace.values(node, weight.out(), external));
    }

    /** That of a {@code MatMul}, but where it is the correction that is watched with it. */
    @Override
    public Optional<float[]> biasBehind(LayerId layer) {
        LayerNode node = node(layer);
        return node.form() == LayerForm.MATMUL_RIGHT && !node.output().contains(StageWriter.UNCORRECTED)
                ? bias(layer)
                : Optional.empty();
    }

    @Override
    public int channelBlock(Layer layer) {
        return layer.op() instanceof Convolution ? ChannelBlock.of(model.engine()) : 1;
    }

    /**
     * ONNX Runtime fills blocks up, but only for channels in fours; for others it keeps the plain layout, which is slower. Where it has no
     * other layout, any number will do.
     */
    @Override
    public int channelAlignment(Layer layer) {
        return Math.min(CHANNEL_ALIGNMENT, channelBlock(layer));
    }

    @Override
    public List<Coupling> couplings() {
        return cuttable.get().findings().couplings().stream()
                .map(FoundCoupling::coupling)
                .toList();
    }

    @Override
    public List<LostFusion> lostFusions(Kind kind) {
        // Other fusions than those of attention do not look at how many channels there are.
        return kind == Kind.CHANNELS
                ? List.of()
                : lostFusions.get().stream()
                        .filter(lost -> lost.couplings().get(0).kind() == kind)
                        .toList();
    }

    @Override
    public List<Siblings> siblings() {
        return siblings.get();
    }

    @Override
    public List<Uncoupled> uncoupled() {
        return cuttable.get().findings().uncoupled();
    }

    @Override
    public CompressibleModel<OnnxModel> with(Collection<Replacement> replacements) {
        if (replacements.isEmpty()) {
            return new OnnxCompressibleModel(this, model, writer, NOTHING);
        }
        Rewriting rewriting = Rewriting.of(replacements, scan.get(), cuttable);
        ModelProto rewritten = rewriting.apply(model.proto(), scan.get(), external);
        Lineage soFar = lineage.get();
        List<LayerId> before = scan.get().ids();
        return new OnnxCompressibleModel(
                model.with(rewritten),
                name,
                new Lazy<>(() -> ModelDigest.of(rewritten, external)),
                inputs,
                files,
                notices,
                writer,
                now -> soFar.replaced(stages(before, rewriting.counts(), now)));
    }

    /**
     * A rewritten graph has the layers of the one before it in the same order, with stages in the place of those replaced. Also of
     * layers that were not, since a layer of several with one name is called by its number among them.
     */
    private static Map<LayerId, List<LayerId>> stages(
            List<LayerId> before, Map<LayerId, Integer> counts, List<LayerId> now) {
        Map<LayerId, List<LayerId>> stages = new LinkedHashMap<>();
        int at = 0;
        for (LayerId layer : before) {
            int count = counts.getOrDefault(layer, 1);
            stages.put(layer, now.subList(at, at + count));
            at += count;
        }
        return stages;
    }

    @Override
    public Quantizable<OnnxModel> quantizable() {
        return new OnnxQuantizable(this, new Int8Model(model.proto(), external), external);
    }

    /** Another graph with the layers of this one. */
    OnnxCompressibleModel rewritten(ModelProto other) {
        return new OnnxCompressibleModel(
                model.with(other),
                name,
                new Lazy<>(() -> ModelDigest.of(other, external)),
                inputs,
                files,
                notices,
                writer,
                now -> lineage.get());
    }

    @Override
    public List<LayerId> stagesOf(LayerId original) {
        return lineage.get().stagesOf(original);
    }

    /** As a whole and in this process only: through another one, what is measured would be the way there. */
    @Override
    public Optional<Stopwatch> stopwatch(TimingConditions conditions) {
        return model.isolation().isPresent() || !runsWhole()
                ? Optional.empty()
                : inputs.zeros(conditions.batch())
                        .map(zeros -> new OnnxStopwatch(model.proto(), external, zeros, conditions.threads()));
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
    public CompressibleModel<OnnxModel> inOneFile() {
        return new OnnxCompressibleModel(this, model, writer.inOneFile(model.proto(), external), NOTHING);
    }

    @Override
    public void save(Path file) {
        requireSavable(file);
        writer.write(model.proto(), external, file);
    }

    @Override
    public void close() {
        closing.run();
    }

    private LayerNode node(LayerId layer) {
        return scan.get()
                .layer(layer)
                .orElseThrow(() -> new InvalidInputException("The model has no layer '" + layer + "'."));
    }
}
