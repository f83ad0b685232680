package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.types.DataDesc;
import ai.djl.nn.Block;
import dev.wsvd.adapter.djl.internal.file.Engines;
import dev.wsvd.adapter.djl.internal.file.ModelFolder;
import dev.wsvd.adapter.djl.internal.probe.Inputs;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * DJL models made of blocks. A DJL model is half code: its folder holds parameters, and only the code that made its blocks can
 * make them again. So a format is for one network, and is not found on the classpath by itself.
 *
 * <p>Layers are the {@code Linear}, {@code Conv1d}, {@code Conv2d} and {@code Conv3d} blocks anywhere in the tree, and the input and
 * recurrent weights of {@code LSTM}, {@code GRU} and {@code RNN} blocks, in the order of the blocks; a layer that cannot be replaced safely is listed with its reason. Sizes are those seen in a run on one sample.
 */
public final class DjlFormat implements ModelFormat<Model> {
    /** The format's id. */
    public static final String ID = "djl";

    private final Supplier<? extends Block> blocks;
    private final List<DataDesc> inputs;

    /**
     * The format of one network.
     *
     * @param blocks makes the network's blocks as they were before any layer was replaced, new ones at every call, the same ones each time
     * @param inputs shape (batch first), type and name of each input, for networks that do not remember them or are not given
     *     arrays of their own data type; none to take what the network was initialized or saved with
     */
    public DjlFormat(Supplier<? extends Block> blocks, DataDesc... inputs) {
        this.blocks = Objects.requireNonNull(blocks, "blocks");
        this.inputs = List.of(inputs);
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public boolean accepts(Path folder) {
        return new ModelFolder(folder).looksLikeModel();
    }

    /**
     * Opens a folder with {@code NAME-0000.params}, as DJL saves it, or with {@code plan.json} and the parameters that it names, as
     * {@link CompressibleModel#save} does.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such folder, or its plan is for another network
     * @throws dev.wsvd.domain.error.ModelFormatException if the parameters are corrupt or of another network
     */
    @Override
    public CompressibleModel<Model> open(Path folder, OpenOptions options) {
        options.requireSameProcess(ID);
        options.requireOwnWeights(ID);
        ModelFolder.Loaded loaded = new ModelFolder(folder).load(blocks);
        try {
            return new DjlCompressibleModel(
                    loaded.model(),
                    blocks,
                    Inputs.of(loaded.model(), inputs).with(options.inputShapes()),
                    loaded.origin(),
                    loaded.changes(),
                    Optional.of(folder),
                    true);
        } catch (RuntimeException e) {
            loaded.model().close();
            throw e;
        }
    }

    /**
     * A model in memory, trained or loaded before. It stays the caller's to close, and is never changed.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if it has no parameters yet, or is opaque (TorchScript, ONNX under
     *     DJL), or is split already, or nobody knows its inputs' shapes
     */
    public CompressibleModel<Model> of(Model model) {
        Engines.requireBlocks(model);
        Engines.requireUnsplit(model);
        return new DjlCompressibleModel(
                model, blocks, Inputs.of(model, inputs), Optional.empty(), Map.of(), Optional.empty(), false);
    }

    @Override
    public Predictor predictor(Model model) {
        Engines.requireBlocks(model);
        return new DjlPredictor(model, Inputs.of(model, inputs));
    }

    /**
     * Watches layers of a copy of the network, which is freed when the probe is closed. Subclasses of DJL's blocks are not
     * watched, nor layers that run twice in one pass, not at all, or through a reference that cannot be replaced.
     */
    @Override
    public Probe probe(Model model, Collection<LayerId> layers) {
        Engines.requireBlocks(model);
        return DjlProbe.of(model, blocks.get(), Inputs.of(model, inputs), layers);
    }
}
