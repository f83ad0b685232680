package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.QuantizationStats;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.json.JsonQuantizationStats;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.quantization.ModelQuantizer;
import dev.wsvd.quantization.QuantizationResult;
import dev.wsvd.report.QuantizationReport;
import dev.wsvd.selection.LayerGlob;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes layers compute in int8. */
@Command(
        name = "quantize",
        description = "Make the layers of a model compute in int8, and write it.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ${ROOT-COMMAND-NAME} quantize model.onnx -o int8.onnx --calibration inputs.npy",
            "  ${ROOT-COMMAND-NAME} quantize model.onnx -o int8.onnx --calibration inputs.npy \\",
            "       --max-drop 0.005 --data images.npy --labels labels.npy",
            "  ${ROOT-COMMAND-NAME} quantize encoder.onnx -o int8.onnx"
        })
final class QuantizeCommand implements Runnable {
    private final Console console;

    @Parameters(paramLabel = "MODEL", description = "The model; it is never changed.")
    private Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            required = true,
            description = "Output: the model in int8.")
    private Path output;

    @Option(
            names = "--calibration",
            paramLabel = "FILE|FOLDER",
            description = "Unlabelled inputs on which ranges of activations are found, in any form that --data takes.")
    private Path calibration;

    @Mixin
    private final QuantizationArguments quantization = new QuantizationArguments();

    @Option(names = "--ignore", paramLabel = "GLOB", description = "Layers that stay in float; may be repeated.")
    private List<String> ignore = new ArrayList<>();

    @Option(
            names = "--max-drop",
            paramLabel = "D",
            description =
                    "By how much the score on --data may fall: the layers that cost most stay in float until it does not more.")
    private BigDecimal maxDrop;

    @Option(names = "--stats", paramLabel = "FILE", description = "Write the report as JSON.")
    private Path stats;

    @Mixin
    private final OutputForm form = new OutputForm();

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    @Mixin
    private final DataArguments data = new DataArguments();

    QuantizeCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        List<Path> inputs = new ArrayList<>(data.files());
        inputs.add(model);
        inputs.add(calibration);
        FilesInUse inUse = new FilesInUse(inputs);
        OutputPaths outputs = new OutputPaths(inputs, output, Arrays.asList(stats, console.savedConfig()));
        outputs.requireWritable();
        data.requireConsistent();
        data.requireNotAmong(calibration);
        data.preparation().requireUsed(Arrays.asList(data.file().orElse(null), calibration));
        if (maxDrop != null && !data.given()) {
            throw new InvalidInputException("--max-drop needs data to score on. Give --data FILE.");
        }
        SampleReader reader = new SampleReader(data.preparation(), modelArguments, model, console);
        data.load(reader);
        Optional<ArrayDataset> calibrated =
                Optional.ofNullable(calibration).map(samples -> reader.readForCalibration(samples, 0));
        OpenedModel<?> opened = modelArguments.open(model, data.dataset().or(() -> calibrated));
        inUse.add(opened.model());
        outputs.requireApartFrom(opened.model());
        data.warn(opened, calibrated, console);
        inUse.during(() -> quantize(opened, calibrated));
    }

    private <M> void quantize(OpenedModel<M> opened, Optional<ArrayDataset> calibrated) {
        ModelQuantizer<M> quantizer = ModelQuantizer.of(opened.model()).listener(console.progress());
        quantization.addTo(quantizer);
        Set<LayerId> ignored = LayerGlob.all(ignore, opened.model().layers());
        quantizer.ignore(layer -> ignored.contains(layer.id()));
        Optional<Activations<M>> inputs = calibrated.map(samples -> ArrayActivations.of(opened.format(), samples));
        inputs.ifPresent(of -> quantizer.calibration(of).reportErrorsOn(of));
        Optional<Evaluator<M>> evaluator = data.dataset().map(samples -> data.evaluator(opened, samples));
        evaluator.ifPresent(quantizer::evaluator);
        if (maxDrop != null) {
            quantizer.maxDrop(maxDrop.doubleValue());
        }
        quantization.requireUsed(quantizer.requirePossible(), calibrated.isPresent());
        try (QuantizationResult<M> result = quantizer.quantize()) {
            form.save(result.model(), output, console);
            try (CompressibleModel<M> saved = opened.sibling(output, modelArguments.options(Optional.empty()))
                    .model()) {
                QuantizationStats made = new QuantizationStats(
                        opened.model().identity(),
                        inputs.flatMap(Activations::identity),
                        result.quantization().mode(),
                        result.quantization().activations().size(),
                        evaluator
                                .flatMap(of -> of.identity(Evaluator.ALL))
                                .map(scored -> CompressionStats.Score.of(
                                        scored,
                                        result.baseline().orElseThrow(),
                                        result.evaluation().orElseThrow())),
                        new QuantizationStats.Files(FileSizes.of(opened.model()), FileSizes.of(saved)),
                        layers(opened.model(), result));
                if (stats != null) {
                    JsonQuantizationStats.write(stats, made);
                }
                print(QuantizationReport.of(made));
                console.out().println("Wrote " + FileSizes.note(opened.model(), saved) + ".");
                console.json(() -> JsonQuantizationStats.toJson(made));
            }
        }
    }

    private static List<QuantizationStats.LayerStats> layers(
            CompressibleModel<?> original, QuantizationResult<?> made) {
        Set<LayerId> int8 = made.quantization().byId().keySet();
        return original.layers().stream()
                .map(layer -> {
                    Double error = made.outputErrors().get(layer.id());
                    return new QuantizationStats.LayerStats(
                            layer,
                            int8.contains(layer.id()),
                            Optional.ofNullable(made.kept().get(layer.id())),
                            error == null ? OptionalDouble.empty() : OptionalDouble.of(error));
                })
                .toList();
    }

    private void print(QuantizationReport report) {
        console.out().print(report.layers());
        console.out().println();
        console.out().print(report.totals());
        console.out().println(report.summary());
    }
}
