package dev.wsvd.adapter.djl.internal.file;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.nn.SymbolBlock;
import ai.djl.util.passthrough.PassthroughNDManager;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ProviderException;

/** New models of DJL's engines. */
public final class Engines {
    /** What to do with a network that DJL does not have as blocks. */
    public static final String WAY_OUT =
            "Maybe export the network to ONNX and open that with wsvd-adapter-onnx, or build it from DJL's blocks.";

    private Engines() {}

    /** Whether a model has an engine; DJL's API alone makes models that can only be read and written. */
    public static boolean canRun(Model model) {
        return !(model.getNDManager() instanceof PassthroughNDManager);
    }

    /** @throws ProviderException if a model has no engine */
    public static void requireEngine(Model model) {
        if (!canRun(model)) {
            throw new ProviderException("The sizes of layers are seen in a run of the model '" + model.getName()
                    + "', and there is no DJL engine to run it. Maybe add ai.djl.pytorch:pytorch-engine, pytorch-jni and"
                    + " pytorch-native-cpu at runtime scope.");
        }
    }

    /** An empty model beside another: its name, engine, device, data type and properties. */
    public static Model newModelLike(Model model) {
        Device device = model.getNDManager().getDevice();
        Model copy = Model.newInstance(
                model.getName(), device, model.getNDManager().getEngine().getEngineName());
        copy.setDataType(model.getDataType());
        model.getProperties().forEach(copy::setProperty);
        return copy;
    }

    /**
     * Refuses a model with layers that are split: what they were is in its folder.
     *
     * @throws InvalidInputException if there is one
     */
    public static void requireUnsplit(Model model) {
        LayerBlock.whole(model.getBlock()).stream()
                .filter(LayerBlock::isReplaced)
                .findFirst()
                .ifPresent(layer -> {
                    throw new InvalidInputException("The model '" + model.getName() + "' is split already, layer '"
                            + layer.path() + "' for one. Maybe open it by its folder, with DjlFormat.open.");
                });
    }

    /**
     * Refuses a model whose layers cannot be seen.
     *
     * @throws InvalidInputException if the model has no block, an opaque one, or one without parameters yet
     */
    public static void requireBlocks(Model model) {
        String named = "The model '" + model.getName() + "'";
        if (model.getBlock() == null) {
            throw new InvalidInputException(
                    named + " has no block. Maybe call setBlock and load its parameters first.");
        }
        if (model.getBlock() instanceof SymbolBlock) {
            throw new InvalidInputException(named + " is a "
                    + model.getBlock().getClass().getSimpleName() + ", whose layers DJL does not show. " + WAY_OUT);
        }
        if (!model.getBlock().isInitialized()) {
            throw new InvalidInputException(named + " has no parameters yet. Maybe load or train it first.");
        }
    }
}
