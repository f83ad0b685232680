package dev.wsvd.cli;

import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What MACs are counted for where a model leaves dims of its inputs open. */
final class OpenDims {
    private final List<OpenDim> dims;
    private final Optional<Path> samples;

    /** @param samples the file whose samples told sizes, if one was given */
    OpenDims(OpenedModel<?> opened, Optional<Path> samples) {
        this.dims = opened.model().openDims();
        this.samples = samples;
    }

    /** A line that says each size and where it comes from; nothing for a model without open dims. */
    void print(Console console) {
        if (!dims.isEmpty()) {
            console.out()
                    .println("MACs are for "
                            + dims.stream()
                                    .map(dim -> name(dim) + " = " + dim.size() + " (" + origin(dim) + ")")
                                    .collect(Collectors.joining(", ")));
        }
    }

    /** Tells where an option says another size than the samples have, and where samples say none. */
    void warn(Console console) {
        if (samples.isPresent()) {
            dims.stream()
                    .filter(dim -> dim.origin() == OpenDim.Origin.DEFAULT)
                    .forEach(dim -> console.progress()
                            .onEvent(new Notice("MACs are counted for " + name(dim) + " = " + dim.size()
                                    + ", a default: " + file() + " does not fit the model's inputs.")));
        }
        dims.stream()
                .filter(OpenDim::contradicted)
                .forEach(dim -> console.progress()
                        .onEvent(new Notice("MACs are counted for " + name(dim) + " = " + dim.size()
                                + " as asked; it is " + dim.inSamples().orElseThrow() + " in " + file() + ".")));
    }

    private static String name(OpenDim dim) {
        return dim.name().isEmpty() ? "dim " + dim.axis() + " of " + dim.input() : dim.name();
    }

    private String origin(OpenDim dim) {
        return switch (dim.origin()) {
            case OPTION -> "as asked";
            case SAMPLES -> file();
            case DEFAULT -> "default";
        };
    }

    private String file() {
        return samples.map(path -> String.valueOf(path.getFileName())).orElse("the samples");
    }
}
