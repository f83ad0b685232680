package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.safetensors.NamedModel;
import dev.wsvd.safetensors.Safetensors;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Options for weights by name, in files beside the model. */
final class WeightArguments {
    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "Weights by name, .safetensors or .safetensors.index.json; the model's parameters of these names take their values.")
    private Path file;

    @Option(
            names = "--weights-out",
            paramLabel = "FILE",
            description =
                    "Output: the tensors of --weights with those of split layers exchanged for their factors, as .safetensors. Layers are then split each by"
                            + " itself, and nothing is cut.")
    private Path output;

    /** Null if none is given. */
    Path file() {
        return file;
    }

    /** The file and those that it names; none if it is not given. */
    List<Path> files() {
        return file == null ? List.of() : Safetensors.open(file).files();
    }

    /** Null if none is given. */
    Path output() {
        return output;
    }

    /** @throws InvalidInputException if nothing could be written, or what would be written is not known by name */
    void requireConsistent(boolean curve, boolean dryRun, boolean int8) {
        if (output == null) {
            return;
        }
        if (file == null) {
            throw new InvalidInputException("--weights-out needs --weights, whose names it takes.");
        }
        new GivenOptions()
                .with("--pareto", curve)
                .with("--dry-run", dryRun)
                .with("--int8", int8)
                .refuse("--weights-out writes the factors of the compressed model in float");
    }

    /** Opens a model with these weights; one whose factors are written is split by name only. */
    OpenedModel<?> open(Path model, OpenOptions options) {
        OpenedModel<?> opened = OpenedModel.of(model, file == null ? options : options.withWeights(file));
        return output == null ? opened : named(opened);
    }

    private <M> OpenedModel<M> named(OpenedModel<M> opened) {
        return new OpenedModel<>(opened.format(), NamedModel.of(opened.model(), Safetensors.open(file)));
    }

    /** Writes the factors, if they are wanted. */
    <M> void write(CompressibleModel<M> original, CompressibleModel<M> compressed) {
        if (original instanceof NamedModel<M> named) {
            named.write(compressed, output);
        }
    }

    /** For people, behind the name of the model: {@code and small.safetensors}; empty if there is none. */
    String written() {
        return output == null ? "" : " and " + output;
    }
}
