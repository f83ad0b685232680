package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    /** Whether the engine runs in a process of its own. */
    boolean isolates() {
        return isolate;
    }

    @Option(
            names = "--isolate",
            description = "Run ONNX Runtime in a separate process: for untrusted models, which may crash it.")
    private boolean isolate;

    @Option(
            names = "--isolate-seconds",
            paramLabel = "N",
            description = "Time limit of that process to load a model or to run it once (default: 60).")
    private Long isolateSeconds;

    @Option(
            names = "--isolate-memory",
            paramLabel = "BYTES",
            description = "Memory limit of that process, such as 16G (default: 4G).")
    private String isolateMemory;

    /** @param samples what the model will be run on, if anything; tells dims that the model leaves open */
    OpenedModel<?> open(Path file, Optional<ArrayDataset> samples) {
        return OpenedModel.of(file, options(samples));
    }

    /** What a model takes. */
    List<TensorInfo> inputs(Path file) {
        return inputs(open(file, Optional.empty()));
    }

    private static <M> List<TensorInfo> inputs(OpenedModel<M> opened) {
        try (CompressibleModel<M> model = opened.model();
                Predictor predictor = opened.format().predictor(model.model())) {
            return predictor.inputs();
        }
    }

    OpenOptions options(Optional<ArrayDataset> samples) {
        OpenOptions options = samples.map(data -> OpenOptions.DEFAULT.withSamples(data.sampleShapes()))
                .orElse(OpenOptions.DEFAULT);
        for (Map.Entry<String, String> entry :
                pairs("--input-shape", "DIMS", inputShapes).entrySet()) {
            options = options.withInputShape(entry.getKey(), shape(entry.getKey(), entry.getValue()));
        }
        for (Map.Entry<String, String> entry : pairs("--dim", "VALUE", dims).entrySet()) {
            options = options.withDim(entry.getKey(), dim(entry.getKey(), entry.getValue()));
        }
        return isolate ? options.isolated(limits()) : trusted(options);
    }

    private Isolation limits() {
        Duration time = isolateSeconds == null ? Isolation.DEFAULT.time() : Duration.ofSeconds(isolateSeconds);
        long memory = NumberOption.parse("--isolate-memory", isolateMemory).orElse(Isolation.DEFAULT.memory());
        return new Isolation(time, memory);
    }

    private OpenOptions trusted(OpenOptions options) {
        if (isolateSeconds != null || isolateMemory != null) {
            throw new InvalidInputException(
                    (isolateSeconds != null ? "--isolate-seconds" : "--isolate-memory") + " needs --isolate.");
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
