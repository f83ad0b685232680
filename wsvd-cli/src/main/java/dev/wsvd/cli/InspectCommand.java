package dev.wsvd.cli;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.json.JsonInspection;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.report.InspectionReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists a model's layers. */
@Command(
        name = "inspect",
        description = "List every layer with weights: shape, cost, and whether it can be split.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ${ROOT-COMMAND-NAME} inspect model.onnx",
            "  ${ROOT-COMMAND-NAME} inspect model.onnx --data inputs.npz",
            "  ${ROOT-COMMAND-NAME} inspect model.onnx --json > layers.json"
        })
final class InspectCommand implements Runnable {
    private final Console console;

    @Parameters(
            paramLabel = "MODEL",
            description = "The model: a file, or a folder where its format's models are folders.")
    private Path model;

    @Option(names = "--json", description = "Print JSON instead of a table.")
    private boolean json;

    @Option(
            names = "--unfolding",
            paramLabel = "input-channel|output-channel|spatial|…",
            description = "The unfolding to compute max rank for (default: the first that suits the layer);"
                    + " '${ROOT-COMMAND-NAME} providers' lists all.")
    private String unfolding;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "Inputs (.npy, .npz) whose sizes are used for the open dims of the model.")
    private Path data;

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        OpenedModel<?> opened =
                modelArguments.open(model, Optional.ofNullable(data).map(ArrayDataset::load));
        List<Layer> layers = opened.model().layers();
        InspectedLayers inspected = new InspectedLayers(Services.schemes());
        List<JsonInspection.Row> rows = unfolding == null ? inspected.of(layers) : inspected.of(layers, unfolding);
        OpenDims dims = new OpenDims(opened, Optional.ofNullable(data));
        dims.warn(console);
        if (json) {
            console.out()
                    .print(JsonInspection.toJson(
                            rows, opened.model().parameters(), opened.model().openDims()));
            return;
        }
        InspectionReport report = InspectionReport.of(rows, opened.model().parameters());
        console.out().print(report.layers());
        console.out().println(report.summary());
        dims.print(console);
    }
}
