package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.types.DataDesc;
import ai.djl.nn.Block;
import dev.wsvd.adapter.djl.internal.file.ModelFolder;
import dev.wsvd.domain.spi.CompressibleModel;
import java.nio.file.Path;
import java.util.function.Supplier;

/** DJL models, to compress and to use compressed. */
public final class DjlModels {
    private DjlModels() {}

    /**
     * A model in memory, to compress. The short form of {@link DjlFormat#of}.
     *
     * @param blocks makes the model's blocks anew
     * @param inputs what it is given, where the model does not know
     */
    public static CompressibleModel<Model> of(Model model, Supplier<? extends Block> blocks, DataDesc... inputs) {
        return new DjlFormat(blocks, inputs).of(model);
    }

    /**
     * Loads a model that was compressed and saved: rebuilds its blocks by {@code plan.json} and reads their parameters. It
     * computes to the bit what the saved one did on the same engine and machine, if neither has room for gradients. A folder without a plan is loaded as it is.
     *
     * @param folder what {@link CompressibleModel#save} wrote
     * @param originalBlocks makes the network's blocks as they were before any layer was replaced
     * @return the caller's to close
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such folder, or its plan is for another network
     * @throws dev.wsvd.domain.error.ModelFormatException if the parameters are corrupt or of another network
     */
    public static Model load(Path folder, Supplier<? extends Block> originalBlocks) {
        return new ModelFolder(folder).load(originalBlocks).model();
    }
}
