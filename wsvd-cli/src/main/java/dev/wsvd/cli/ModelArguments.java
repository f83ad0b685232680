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
    private List<String> inputShapes = List.of();

    @Option(
            names = "--dim",
            paramLabel = "NAME=VALUE",
            description = "Value of a symbolic dim, such as sequence_length=128.")
    private List<String> dims = List.of();

    OpenedModel<?> open(Path file) {
        return OpenedModel.of(file, options());
    }

    OpenOptions options() {
        OpenOptions options = OpenOptions.DEFAULT;
        for (Map.Entry<String, String> entry :
                pairs("--input-shape", "DIMS", inputShapes).entrySet()) {
            options = options.withInputShape(entry.getKey(), shape(entry.getKey(), entry.getValue()));
        }
        for (Map.Entry<String, String> entry : pairs("--dim", "VALUE", dims).entrySet()) {
            options = options.withDim(entry.getKey(), dim(entry.getKey(), entry.getValue()));
        }
        return options;
    }

    private static Map<String, String> pairs(String option, String value, List<String> texts) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String text : texts) {
            int equals = text.lastIndexOf('=');
            if (equals < 1) {
                throw new InvalidInputException(option + " " + text + ": expected NAME=" + value + ".");
            }
            String name = text.substring(0, equals);
            if (pairs.put(name, text.substring(equals + 1)) != null) {
                throw new InvalidInputException(
                        option + " gives '" + name + "' twice, the second time as " + text + ". Maybe leave out one.");
            }
        }
        return pairs;
    }

    private static long dim(String name, String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new InvalidInputException(
                    "--dim " + name + "=" + text + ": the value must be a whole number of at least 1.", e);
        }
    }

    private static List<Long> shape(String input, String text) {
        try {
            List<Long> shape = Arrays.stream(text.split(",", -1))
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
