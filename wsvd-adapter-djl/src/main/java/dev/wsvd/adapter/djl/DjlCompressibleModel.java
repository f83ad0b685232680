package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.wsvd.adapter.djl.internal.block.BlockCopy;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.LayerSplit;
import dev.wsvd.adapter.djl.internal.block.Weights;
import dev.wsvd.adapter.djl.internal.file.Engines;
import dev.wsvd.adapter.djl.internal.file.FolderWriter;
import dev.wsvd.adapter.djl.internal.probe.Inputs;
import dev.wsvd.adapter.djl.internal.probe.Observation;
import dev.wsvd.adapter.djl.internal.probe.WatchedNetwork;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/** A DJL model made of blocks, and the layers among them. Weights are always those that the model has now. */
final class DjlCompressibleModel implements CompressibleModel<Model> {
    private final Model model;
    private final Supplier<? extends Block> blocks;
    private final Inputs inputs;
    private final Optional<ModelIdentity> origin;
    private final Map<LayerId, RankDecision.Split> splits;
    private final Optional<Path> openedFrom;
    private final boolean owned;
    private List<Layer> layers;

    /**
     * @param blocks makes the network as it was before any split
     * @param origin the model before any split; empty if it is this one
     * @param splits what was done to it since, in order
     * @param owned whether to close the model with this
     */
    DjlCompressibleModel(
            Model model,
            Supplier<? extends Block> blocks,
            Inputs inputs,
            Optional<ModelIdentity> origin,
            Map<LayerId, RankDecision.Split> splits,
            Optional<Path> openedFrom,
            boolean owned) {
        this.model = model;
        this.blocks = blocks;
        this.inputs = inputs;
        this.origin = origin;
        this.splits = splits;
        this.openedFrom = openedFrom;
        this.owned = owned;
    }

    @Override
    public ModelIdentity identity() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (DataOutputStream out =
                    new DataOutputStream(new DigestOutputStream(OutputStream.nullOutputStream(), digest))) {
                Weights.save(model.getBlock(), out);
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
    public float[] weight(LayerId layer) {
        return LayerBlock.of(model.getBlock()).stream()
                .filter(block -> block.path().equals(layer.name()))
                .findFirst()
                .map(block -> Weights.read(block.weight().getArray()))
                .orElseThrow(() -> unknown(layer));
    }

    @Override
    public CompressibleModel<Model> with(Collection<FactorizedLayer> factors) {
        check(factors);
        ModelIdentity original = origin.orElseGet(this::identity);
        Map<LayerId, RankDecision.Split> all = new LinkedHashMap<>(splits);
        factors.forEach(factor -> all.put(factor.layer().id(), factor.split()));
        Model split = Engines.newModelLike(model);
        try {
            NDManager manager = split.getNDManager();
            split.setBlock(LayerSplit.weights(copy(manager), factors, manager));
            return new DjlCompressibleModel(split, blocks, inputs, Optional.of(original), all, openedFrom, true);
        } catch (RuntimeException | Error e) {
            split.close();
            throw e;
        }
    }

    private void check(Collection<FactorizedLayer> factors) {
        Set<LayerId> seen = new HashSet<>();
        for (FactorizedLayer factor : factors) {
            Layer layer = layer(factor.layer().id());
            if (layer.obstacle().isPresent()) {
                throw new InvalidInputException("Layer '" + layer.id() + "' cannot be split: "
                        + layer.obstacle().get() + ".");
            }
            if (!layer.weight().equals(factor.layer().weight())
                    || layer.groups() != factor.layer().groups()) {
                throw new InvalidInputException("The factors for layer '" + layer.id() + "' are for a weight of shape "
                        + factor.layer().weight() + " in " + factor.layer().groups() + " groups; this model's has "
                        + layer.weight() + " in " + layer.groups() + ".");
            }
            if (!seen.add(layer.id())) {
                throw new InvalidInputException("Layer '" + layer.id() + "' is split twice.");
            }
        }
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
    public List<Path> files() {
        return openedFrom.stream().toList();
    }

    @Override
    public Model model() {
        return model;
    }

    @Override
    public void requireSavable(Path folder) {
        CompressibleModel.super.requireSavable(folder);
        new FolderWriter(folder).requireReplaceable();
    }

    @Override
    public void save(Path folder) {
        requireSavable(folder);
        Map<LayerId, RankDecision> decisions = new LinkedHashMap<>(splits);
        for (LayerBlock block : LayerBlock.of(model.getBlock())) {
            LayerId id = new LayerId(block.path());
            if (!isPart(id)) {
                decisions.put(id, new RankDecision.KeepDense("not split"));
            }
        }
        new FolderWriter(folder)
                .save(model, inputs.description(), origin.orElseGet(this::identity), new RankPlan(decisions));
    }

    /** Whether a layer came to be by a split. */
    private boolean isPart(LayerId layer) {
        return splits.keySet().stream().anyMatch(split -> layer.name().startsWith(split.name() + "_"));
    }

    @Override
    public void close() {
        if (owned) {
            model.close();
        }
    }
}
