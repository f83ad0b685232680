package dev.wsvd.adapter.djl.internal.file;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.util.passthrough.PassthroughNDManager;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.domain.error.ModelFormatException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether a file of parameters is of a network, all of it. DJL takes whatever shapes the file has and leaves unread what is too
 * much, so this reads the file once before, without any engine.
 */
final class CheckedParameters {
    private CheckedParameters() {}

    /**
     * Reads the parameters.
     *
     * @param root the blocks without weights; gets arrays without an engine
     * @throws ModelFormatException if the parameters are not of these blocks, or not all
     */
    static ParameterFile.Header read(Path file, Block root) {
        Map<String, List<Long>> expected = new HashMap<>();
        LayerBlock.of(root).forEach(layer -> expected.put(layer.path(), layer.outputsAndKernel()));
        ParameterFile.Header header;
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            header = ParameterFile.readHeader(in);
            root.loadParameters(PassthroughNDManager.INSTANCE, in);
            if (in.read() >= 0) {
                throw mismatch(file, "the file goes on where the last block ends", null);
            }
        } catch (OutOfMemoryError e) {
            throw mismatch(file, "it claims sizes that there is no memory for", e);
        } catch (EOFException e) {
            throw mismatch(file, "the file ends too early", e);
        } catch (IOException
                | MalformedModelException
                | IllegalArgumentException
                | IllegalStateException
                | ArithmeticException
                | IndexOutOfBoundsException
                | NegativeArraySizeException e) {
            throw mismatch(file, String.valueOf(e.getMessage()).replaceFirst("\\.$", ""), e);
        }
        root.getParameters().forEach(parameter -> {
            if (!parameter.getValue().isInitialized()) {
                throw mismatch(file, "parameter '" + parameter.getKey() + "' has no values", null);
            }
        });
        for (LayerBlock layer : LayerBlock.of(root)) {
            List<Long> shape = outputsAndKernel(layer.weight().getArray().getShape());
            if (!shape.equals(expected.get(layer.path()))) {
                throw mismatch(
                        file,
                        "block '" + layer.path() + "' should have outputs and kernel " + expected.get(layer.path())
                                + ", its weight has " + shape,
                        null);
            }
            layer.bias().map(bias -> bias.getArray().getShape()).ifPresent(bias -> {
                if (!bias.equals(new Shape(shape.get(0)))) {
                    throw mismatch(
                            file,
                            "block '" + layer.path() + "' should have a bias of shape (" + shape.get(0)
                                    + "), its bias has " + bias,
                            null);
                }
            });
        }
        return header;
    }

    private static List<Long> outputsAndKernel(Shape weight) {
        List<Long> found = new ArrayList<>();
        for (int i = 0; i < weight.dimension(); i++) {
            if (i != 1) {
                found.add(weight.get(i));
            }
        }
        return found;
    }

    private static ModelFormatException mismatch(Path file, String what, Throwable cause) {
        String hint = Files.exists(file.resolveSibling(ModelFolder.PLAN))
                ? "Maybe it is corrupt, or was saved with another " + ModelFolder.PLAN + "."
                : "Maybe it is corrupt, or " + ModelFolder.PLAN + " is missing beside it.";
        return new ModelFormatException(
                "The parameters in '" + file + "' are not of the block factory's network: " + what + ". " + hint,
                cause);
    }
}
