package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileIdentity;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.spi.CompressibleModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Finds out before hours of work that a result could not be written, or would destroy something. */
final class OutputPaths {
    private final List<Path> inputs;
    private final Optional<Path> model;
    private final List<Path> files;

    /**
     * @param inputs files that are read; those not given are null
     * @param model where the compressed model goes; null if nowhere
     * @param files where everything else goes; those not asked for are null
     */
    OutputPaths(List<Path> inputs, Path model, List<Path> files) {
        this.inputs = inputs.stream().filter(Objects::nonNull).toList();
        this.model = Optional.ofNullable(model);
        this.files = files.stream().filter(Objects::nonNull).toList();
    }

    /**
     * Checks what needs no look into the model.
     *
     * @throws InvalidInputException if an output is an input or another output, or a file cannot be written
     */
    void requireWritable() {
        List<Path> earlier = new ArrayList<>();
        List<Path> outputs = new ArrayList<>(model.stream().toList());
        outputs.addAll(files);
        for (Path output : outputs) {
            if (inputs.stream().anyMatch(input -> FileIdentity.isSame(input, output))) {
                throw new InvalidInputException("The output '" + output
                        + "' is an input of this run; inputs are never overwritten. Maybe use another name.");
            }
            if (earlier.stream().anyMatch(other -> FileIdentity.isSame(other, output))) {
                throw new InvalidInputException(
                        "Two outputs would go to '" + output + "'. Maybe use another name for one.");
            }
            earlier.add(output);
        }
        files.forEach(WholeFile::requireWritable);
    }

    /**
     * Checks against all files of the model that is read, and of the one that will be written.
     *
     * @throws InvalidInputException if an output belongs to the model, something else to the model's output, or the model could
     *     not be saved
     */
    void requireApartFrom(CompressibleModel<?> original) {
        for (Path file : files) {
            if (original.files().stream().anyMatch(own -> FileIdentity.isInside(own, file))) {
                throw new InvalidInputException("The output '" + file
                        + "' belongs to the model that is read; inputs are never overwritten. Maybe use another name.");
            }
        }
        model.ifPresent(target -> requireApart(original, target));
    }

    private void requireApart(CompressibleModel<?> original, Path target) {
        original.requireSavable(target);
        List<Path> others = new ArrayList<>(inputs);
        others.addAll(files);
        for (Path other : others) {
            if (original.saveTouches(target, other)) {
                throw new InvalidInputException("'" + other + "' is among the files that belong to the model in '"
                        + target + "', which will be written. Maybe use another name for one.");
            }
        }
    }
}
