package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds out before hours of work that the result could not be written. */
final class OutputPaths {
    private OutputPaths() {}

    /**
     * Checks every place a run will write to.
     *
     * @param input the model that must not be overwritten
     * @param outputs those not asked for are null
     * @throws InvalidInputException if one is the input, a folder, or in a folder that is missing or not writable
     */
    static void requireWritable(Path input, Path... outputs) {
        for (Path output : outputs) {
            if (output == null) {
                continue;
            }
            if (Files.isDirectory(output)) {
                throw new InvalidInputException("Cannot write '" + output + "': it is a folder.");
            }
            Path parent = output.toAbsolutePath().getParent();
            if (!Files.isDirectory(parent)) {
                throw new InvalidInputException("Cannot write '" + output + "': its folder does not exist.");
            }
            if (!Files.isWritable(parent)) {
                throw new InvalidInputException("Cannot write '" + output + "': its folder is not writable.");
            }
            if (isSame(input, output)) {
                throw new InvalidInputException("The output '" + output
                        + "' is the input model; it is never overwritten. Maybe use another name.");
            }
        }
    }

    private static boolean isSame(Path input, Path output) {
        try {
            return Files.exists(output) && Files.isSameFile(input, output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
