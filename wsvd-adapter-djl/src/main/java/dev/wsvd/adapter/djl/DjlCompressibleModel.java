package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.wsvd.adapter.djl.internal.block.BlockCopy;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.LayerCuts;
import dev.wsvd.adapter.djl.internal.block.LayerStages;
import dev.wsvd.adapter.djl.internal.block.Lineage;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import dev.wsvd.adapter.djl.internal.block.RecurrentWeight;
import dev.wsvd.adapter.djl.internal.coupling.Couplings;
import dev.wsvd.adapter.djl.internal.coupling.Findings;
import dev.wsvd.adapter.djl.internal.coupling.FoundCoupling;
import dev.wsvd.adapter.djl.internal.file.Engines;
import dev.wsvd.adapter.djl.internal.file.FolderWriter;
import dev.wsvd.adapter.djl.internal.probe.Inputs;
import dev.wsvd.adapter.djl.internal.probe.Observation;
import dev.wsvd.adapter.djl.internal.probe.WatchedNetwork;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.json.CutShape;
import dev.wsvd.json.PlanFile;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** A DJL model made of blocks, and the layers among them. Weights are always those that the model has now. */
final class DjlCompressibleModel implements CompressibleModel<Model> {
    private final Model model;
    private final Supplier<? extends Block> blocks;
    private final Inputs inputs;
    private final Optional<ModelIdentity> origin;
    private final Map<LayerId, Choice> changes;
    private final Optional<Path> openedFrom;
    private final boolean owned;
    private List<Layer> layers;
    private Findings findings;

    /**
     * @param blocks makes the network as it was before any layer was replaced
     * @param origin the model as it was then; empty if it is this one
     * @param changes what was done to it since, in order
     * @param owned whether to close the model with this
     */
    DjlCompressibleModel(
            Model model,
            Supplier<? extends Block> blocks,
            Inputs inputs,
            Optional<ModelIdentity> origin,
            Map<LayerId, Choice> changes,
            Optional<Path> openedFrom,
            boolean owned) {
        this.model = model;
        this.blocks = blocks;
        this.inputs = inputs;
        this.origin = origin;
        this.changes = changes;
        this.openedFrom = openedFrom;
        this.owned = owned;
    }

    @Override
    public ModelIdentity identity() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (DataOutputStream out =
                    new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), digest))) {
                ParameterArrays.save(model.getBlock(), out);
            }
            return new ModelIdentity(model.getName(), HexFormat.of().formatHex(digest.digest()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized List<Layer> layers() {
        if (layers == null) {
            layers = Layers.of(model.getBlock(), observe());
        }
        return layers;
    }

    @Override
    public OptionalLong parameters() {
        return OptionalLong.of(model.getBlock().getParameters().values().stream()
                .distinct()
                .filter(Parameter::isInitialized)
                .mapToLong(parameter -> parameter.getArray().size())
                .sum());
    }

    private Map<String, Observation<Shape>> observe() {
        Engines.requireEngine(model);
        try (NDManager manager = model.getNDManager().newSubManager()) {
            return new WatchedNetwork<>(copy(manager), path -> true, NDArray::getShape)
                    .run(manager, inputs.dummy(manager))
                    .layers();
        } catch (InvalidInputException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new InvalidInputException(
                    "The model '" + model.getName() + "' does not run on inputs " + inputs + ": " + e.getMessage()
                            + ". Maybe give the inputs' shapes and types: new DataDesc(new Shape(1, 3, 224, 224)).",
                    e);
        }
    }

    /** The network again, with weights that belong to a manager. */
    private Block copy(NDManager manager) {
        return BlockCopy.of(model.getBlock(), blocks.get(), manager);
    }

    @Override
    public Quantizable<Model> quantizable() {
        throw new InvalidInputException(
                "DJL has no int8 layers, so its models are not quantised. Maybe export the network"
                        + " to ONNX, for PyTorch with torch.onnx.export, and quantise that.");
    }

    @Override
    public List<Coupling> couplings() {
        return findings().couplings().stream().map(FoundCoupling::coupling).toList();
    }

    @Override
    public List<Uncoupled> uncoupled() {
        return findings().uncoupled();
    }

    private synchronized Findings findings() {
        if (findings == null) {
            List<Layer> all = layers();
            try (NDManager manager = model.getNDManager().newSubManager()) {
                findings = Couplings.of(this::copy, all, manager, inputs.dummy(manager));
            }
        }
        return findings;
    }

    @Override
    public Weights weights(LayerId layer) {
        return recurrent(layer).map(StoredWeights::of).orElseGet(() -> StoredWeights.of(block(layer)));
    }

    @Override
    public Optional<float[]> bias(LayerId layer) {
        return bias(recurrent(layer)
                .map(RecurrentWeight::biases)
                .orElseGet(() -> block(layer).bias().stream().toList()));
    }

    private static Optional<float[]> bias(List<Parameter> parts) {
        return parts.stream()
                .map(Parameter::getArray)
                .filter(array -> array.getDataType() == DataType.FLOAT32 || array.getDataType() == DataType.FLOAT16)
                .map(ParameterArrays::read)
                .reduce(DjlCompressibleModel::joined);
    }

    private static float[] joined(float[] first, float[] second) {
        float[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private Optional<RecurrentWeight> recurrent(LayerId layer) {
        return RecurrentWeight.of(model.getBlock()).stream()
                .filter(weight -> weight.path().equals(layer.name()))
                .findFirst();
    }

    private LayerBlock block(LayerId layer) {
        return LayerBlock.of(model.getBlock()).stream()
                .filter(block -> block.path().equals(layer.name()))
                .findFirst()
                .orElseThrow(() -> unknown(layer));
    }

    @Override
    public CompressibleModel<Model> with(Collection<Replacement> replacements) {
        Rewriting rewriting = Rewriting.of(replacements, this::layer, this::findings);
        ModelIdentity original = origin.orElseGet(this::identity);
        Map<LayerId, Choice> all = new LinkedHashMap<>(changes);
        replacements.forEach(one -> chosenFor(one).forEach(layer -> all.put(layer.id(), one.choice())));
        Model made = Engines.newModelLike(model);
        try {
            NDManager manager = made.getNDManager();
            Block tree = copy(manager);
            if (!rewriting.cuts().isEmpty()) {
                tree = LayerCuts.weights(tree, rewriting.cuts(), inputs.samples(), manager);
            }
            for (Map.Entry<Layer, List<Stage>> layer : rewriting.splits().entrySet()) {
                tree = LayerStages.weights(tree, layer.getKey(), layer.getValue(), manager);
            }
            made.setBlock(tree);
            return new DjlCompressibleModel(made, blocks, inputs, Optional.of(original), all, openedFrom, true);
        } catch (RuntimeException | Error e) {
            made.close();
            throw e;
        }
    }

    /** The layers that the plan names for a replacement. */
    private static Collection<Layer> chosenFor(Replacement one) {
        return one.cut()
                .<Collection<Layer>>map(cut -> List.of(cut.coupling().layer()))
                .orElse(one.stages().keySet());
    }

    private Layer layer(LayerId id) {
        return layers().stream()
                .filter(layer -> layer.id().equals(id))
                .findFirst()
                .orElseThrow(() -> unknown(id));
    }

    private static InvalidInputException unknown(LayerId layer) {
        return new InvalidInputException("The model has no layer '" + layer + "'.");
    }

    @Override
    public List<LayerId> stagesOf(LayerId original) {
        return Lineage.of(model.getBlock()).stagesOf(original);
    }

    @Override
    public List<Path> files() {
        return openedFrom.stream().toList();
    }

    @Override
    public Model model() {
        return model;
    }

    /** Of whatever number of threads: DJL's engines have one for all. */
    @Override
    public Optional<Stopwatch> stopwatch(TimingConditions conditions) {
        return Optional.of(new DjlStopwatch(model, blocks.get(), inputs, conditions.batch()));
    }

    @Override
    public void requireSavable(Path folder) {
        CompressibleModel.super.requireSavable(folder);
        new FolderWriter(folder).requireReplaceable();
    }

    @Override
    public void save(Path folder) {
        requireSavable(folder);
        new FolderWriter(folder)
                .save(
                        model,
                        inputs.description(),
                        new PlanFile(
                                Optional.of(origin.orElseGet(this::identity)),
                                Optional.empty(),
                                plan(),
                                Optional.empty(),
                                Lineage.of(model.getBlock()).shapes(),
                                cuts()));
    }

    /** What is left of layers; also of those that a cut is named after and that are not smaller for it. */
    private Map<LayerId, CutShape> cuts() {
        Map<LayerId, CutShape> left = LayerCuts.shapes(model.getBlock(), blocks.get());
        LayerBlock.whole(model.getBlock()).stream()
                .filter(layer -> !layer.isReplaced() && changes.containsKey(new LayerId(layer.path())))
                .forEach(
                        layer -> left.putIfAbsent(new LayerId(layer.path()), new CutShape(layer.outChannels(), false)));
        return left;
    }

    private Plan plan() {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        changes.forEach((layer, choice) -> decisions.put(layer, new Decision.Change(choice)));
        for (LayerBlock layer : LayerBlock.whole(model.getBlock())) {
            List<String> names = layer.isRecurrent()
                    ? RecurrentWeight.names(layer)
                    : layer.isReplaced() ? List.of() : List.of(layer.path());
            names.forEach(name -> decisions.putIfAbsent(new LayerId(name), new Decision.Keep("not replaced")));
        }
        return new Plan(decisions);
    }

    @Override
    public void close() {
        if (owned) {
            model.close();
        }
    }
}
