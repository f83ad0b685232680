package dev.wsvd.cli;

import dev.wsvd.domain.Unfolding;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.json.JsonInspection;
import dev.wsvd.pipeline.OpenedModel;
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
        description = "List every Conv and Linear layer: shape, cost, and whether it can be split.",
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
            paramLabel = "input-channel|output-channel|spatial",
            description = "The unfolding that max rank is for (default: input-channel).")
    private String unfolding = Unfolding.INPUT_CHANNEL.id();

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "Inputs (.npy, .npz) that say the sizes of dims that the model leaves open.")
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
        Unfolding chosen = Unfolding.of(unfolding);
        List<JsonInspection.Row> rows = InspectedLayers.of(opened.model().layers(), chosen);
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
