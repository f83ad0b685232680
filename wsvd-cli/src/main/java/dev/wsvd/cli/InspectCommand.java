package dev.wsvd.cli;

import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.json.JsonCouplings;
import dev.wsvd.json.JsonInspection;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.report.CouplingReport;
import dev.wsvd.report.InspectionReport;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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

    @Option(
            names = "--unfolding",
            paramLabel = "input-channel|output-channel|spatial|…",
            description = "The unfolding to compute max rank for (default: the first that suits the layer);"
                    + " '${ROOT-COMMAND-NAME} providers' lists all.")
    private String unfolding;

    @Option(
            names = "--couplings",
            description = "List instead which units between layers can be cut, and which cannot, with the reason.")
    private boolean couplings;

    @Option(
            names = "--data",
            paramLabel = "FILE|FOLDER",
            description = "Inputs (.npy, .npz, texts, images) whose sizes are used for the open dims of the model.")
    private Path data;

    @Mixin
    private final ReportArguments report = new ReportArguments();

    @Mixin
    private final PreparationArguments preparation = new PreparationArguments();

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        if (couplings) {
            new GivenOptions().with("--report", report.given()).refuse("--couplings lists no layers");
        }
        preparation.requireUsed(Arrays.asList(data));
        OutputPaths outputs =
                new OutputPaths(Arrays.asList(model, data), null, Arrays.asList(report.file(), console.savedConfig()));
        outputs.requireWritable();
        SampleReader reader = new SampleReader(preparation, modelArguments, model, console);
        OpenedModel<?> opened =
                modelArguments.open(model, Optional.ofNullable(data).map(reader::read));
        outputs.requireApartFrom(opened.model());
        if (couplings) {
            printCouplings(opened.model());
            return;
        }
        List<Layer> layers = opened.model().layers();
        InspectedLayers inspected = new InspectedLayers(Services.schemes());
        List<JsonInspection.Row> rows = unfolding == null ? inspected.of(layers) : inspected.of(layers, unfolding);
        OpenDims dims = new OpenDims(opened, Optional.ofNullable(data));
        dims.warn(console);
        report.write(() -> JsonInspection.toJson(
                rows,
                opened.model().parameters(),
                opened.model().openDims(),
                Optional.of(report.origin(opened.model(), Optional.empty(), Optional.empty()))));
        InspectionReport text = InspectionReport.of(rows, opened.model().parameters());
        console.out().print(text.layers());
        console.out().println(text.summary());
        dims.print(console);
        console.json(() -> JsonInspection.toJson(
                rows, opened.model().parameters(), opened.model().openDims()));
    }

    private void printCouplings(CompressibleModel<?> of) {
        CouplingReport report = new CouplingReport(of.couplings(), of.uncoupled(), of.siblings());
        if (!report.couplings().isEmpty()) {
            console.out().print(report.cuttable());
        }
        if (!report.uncoupled().isEmpty()) {
            console.out().println();
            console.out().print(report.staying());
        }
        if (!report.siblings().isEmpty()) {
            console.out().println();
            console.out().print(report.shared());
        }
        List<LostFusion> lost = Stream.of(Kind.values())
                .flatMap(kind -> of.lostFusions(kind).stream())
                .toList();
        lost.forEach(console.out()::println);
        console.out().println(report.summary());
        console.json(() -> JsonCouplings.toJson(report.couplings(), report.uncoupled(), report.siblings(), lost));
    }
}
