package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds out before hours of work that the result could not be written. */
final class OutputPaths {
    private OutputPaths() {}

    /**
     * Checks that no output is a folder.
     *
     * @param outputs those not asked for are null
     */
    static void requireNoFolder(Path... outputs) {
        for (Path output : outputs) {
            if (output != null && Files.isDirectory(output)) {
                throw new InvalidInputException("Cannot write '" + output + "': it is a folder.");
            }
        }
    }

    /**
     * Checks every place a run will write to.
     *
     * @param inputs files that must not be overwritten; those not given are null
     * @param outputs those not asked for are null
     * @throws InvalidInputException if an output is an input, another output, or in a folder that is missing or not writable
     */
    static void requireWritable(List<Path> inputs, List<Path> outputs) {
        List<Path> earlier = new ArrayList<>();
        for (Path output : outputs) {
            if (output == null) {
                continue;
            }
            Path parent = output.toAbsolutePath().getParent();
            if (!Files.isDirectory(parent)) {
                throw new InvalidInputException("Cannot write '" + output + "': its folder does not exist.");
            }
            if (!Files.isWritable(parent)) {
                throw new InvalidInputException("Cannot write '" + output + "': its folder is not writable.");
            }
            for (Path input : inputs) {
                if (input != null && isSame(input, output)) {
                    throw new InvalidInputException("The output '" + output
                            + "' is an input of this run; inputs are never overwritten. Maybe use another name.");
                }
            }
            if (earlier.stream().anyMatch(other -> isSame(other, output))) {
                throw new InvalidInputException(
                        "Two outputs would go to '" + output + "'. Maybe use another name for one.");
            }
            earlier.add(output);
        }
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return one.toAbsolutePath()
                            .normalize()
                            .equals(other.toAbsolutePath().normalize())
                    || Files.exists(one) && Files.exists(other) && Files.isSameFile(one, other);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
