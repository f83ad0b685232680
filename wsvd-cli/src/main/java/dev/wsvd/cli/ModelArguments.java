package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options of every command that opens a model. */
final class ModelArguments {
    @Option(
            names = "--input-shape",
            paramLabel = "NAME=DIMS",
            description = "Shape of an input with dynamic dims, batch first, such as image=1,3,224,224.")
    private Map<String, String> inputShapes = new LinkedHashMap<>();

    @Option(
            names = "--dim",
            paramLabel = "NAME=VALUE",
            description = "Value of a symbolic dim, such as sequence_length=128.")
    private Map<String, Long> dims = new LinkedHashMap<>();

    OpenedModel<?> open(Path file) {
        return OpenedModel.of(file, options());
    }

    OpenOptions options() {
        OpenOptions options = OpenOptions.DEFAULT;
        for (Map.Entry<String, String> entry : inputShapes.entrySet()) {
            options = options.withInputShape(entry.getKey(), shape(entry.getKey(), entry.getValue()));
        }
        for (Map.Entry<String, Long> entry : dims.entrySet()) {
            options = options.withDim(entry.getKey(), entry.getValue());
        }
        return options;
    }

    private static List<Long> shape(String input, String text) {
        try {
            List<Long> shape = Arrays.stream(text.split(","))
                    .map(dim -> Long.valueOf(dim.strip()))
                    .toList();
            if (shape.stream().allMatch(dim -> dim > 0)) {
                return shape;
            }
        } catch (NumberFormatException e) {
            // Said below, together with dims that are not positive.
        }
        throw new InvalidInputException("--input-shape " + input + "=" + text
                + ": the dims must be whole numbers of at least 1 with commas between, such as 1,3,224,224.");
    }
}
