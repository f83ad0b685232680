package dev.wsvd.cli;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.JsonStats;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.report.ComparisonReport;
import dev.wsvd.report.CompressionReport;
import dev.wsvd.report.HtmlReport;
import dev.wsvd.report.InspectionReport;
import dev.wsvd.report.Table;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The main job on the network and the images that come with wsvd. */
@Command(
        name = "demo",
        description = "Compress the network that comes with wsvd, a small residual CNN trained on Fashion-MNIST; or a"
                + " sentence encoder, all-MiniLM-L6-v2, by plain sentences.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ${ROOT-COMMAND-NAME} demo",
            "  ${ROOT-COMMAND-NAME} demo --target 0.35",
            "  ${ROOT-COMMAND-NAME} demo minilm"
        })
final class DemoCommand implements Callable<Integer> {
    private static final BigDecimal HALF = new BigDecimal("0.5");

    private static final String MODEL = "fashion-resnet.onnx";
    private static final String IMAGES = "test-images.npz";
    private static final String LABELS = "test-labels.npy";
    private static final String CALIBRATION = "calibration-images.npz";

    /** ONNX Runtime's convolutions work on blocks of 8 or 16 channels; other ranks save MACs and no time. */
    private static final int MULTIPLICITY = 8;

    private static final List<String> FILES = List.of(MODEL, IMAGES, LABELS, CALIBRATION);

    private final Console console;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NETWORK",
            description = "Which network: fashion or minilm (default: fashion).")
    private String network = "fashion";

    @Option(
            names = "--dir",
            paramLabel = "FOLDER",
            description = "Where the files go (default: wsvd-demo in the current folder).")
    private Path folder = Path.of("wsvd-demo");

    @Option(
            names = "--target",
            paramLabel = "RATIO",
            description = "Upper bound for MACs after / MACs before (default: 0.5, of minilm 0.7).")
    private BigDecimal target;

    DemoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (target != null) {
            CompressionRatio.of(target);
        }
        switch (network) {
            case "fashion" -> fashion();
            case "minilm" -> {
                return new MinilmDemo(console, folder).run(target == null ? MinilmDemo.TARGET : target);
            }
            default ->
                throw new InvalidInputException("There is no demo '" + network + "'; there are fashion and minilm.");
        }
        return WsvdCommand.DONE;
    }

    private void fashion() {
        target = target == null ? HALF : target;
        unpack();
        OpenedModel<?> opened = OpenedModel.of(folder.resolve(MODEL), OpenOptions.DEFAULT);
        compress(
                opened,
                ArrayDataset.load(folder.resolve(CALIBRATION)),
                ArrayDataset.load(folder.resolve(IMAGES), folder.resolve(LABELS)));
    }

    private <M> void compress(OpenedModel<M> opened, ArrayDataset unlabelled, ArrayDataset dataset) {
        PrintStream out = console.out();
        out.println("A residual CNN trained on Fashion-MNIST (" + folder.resolve(MODEL) + "):");
        out.println();
        InspectionReport before = InspectionReport.of(
                new InspectedLayers(Services.schemes()).of(opened.model().layers()),
                opened.model().parameters());
        out.print(before.layers());
        out.println(before.summary());
        out.println();
        out.println("Target " + target + " of the MACs, multiplicity " + MULTIPLICITY + ", calibrated on "
                + unlabelled.samples() + " unlabelled training images; accuracy on " + dataset.samples()
                + " held-out test images:");
        out.println();
        Evaluator<M> accuracy = AccuracyEvaluator.of(opened.format()::predictor, dataset);
        CompressionResult<M> result = ModelCompressor.of(opened.model())
                .parameters(CompressionParameters.budget(target.doubleValue()).withMultiplicity(MULTIPLICITY))
                .calibration(ArrayActivations.of(opened.format(), unlabelled))
                .correct()
                .evaluator(accuracy, Evaluator.ALL)
                .reportErrorsOn(ArrayActivations.of(opened.format(), dataset))
                .reportSpectra()
                .listener(console.progress())
                .compress();
        Path small = folder.resolve("small.onnx");
        result.model().save(small);
        JsonStats.write(folder.resolve("stats.json"), result.stats());
        WholeFile.write(folder.resolve("report.html"), HtmlReport.of(result.stats()));
        JsonPlans.write(folder.resolve("plan.json"), opened.model().identity(), result.origin(), result.plan());
        CompressionReport report = CompressionReport.of(result.stats());
        out.print(report.layers());
        out.println();
        out.print(beforeAndAfter(opened, result, small, dataset));
        out.println(report.effort());
        out.println();
        out.println(whatNext(small));
        console.json(() -> JsonStats.toJson(result.stats()));
    }

    private <M> Table beforeAndAfter(
            OpenedModel<M> opened, CompressionResult<M> result, Path small, ArrayDataset dataset) {
        ComparisonReport comparison = new ComparisonReport();
        comparison.costs(
                result.stats().before(),
                new Costs(Services.costModels(), Services.schemes())
                        .of(result.model().layers()));
        result.stats().parameters().ifPresent(comparison::parameters);
        try (CompressibleModel<M> saved =
                opened.sibling(small, OpenOptions.DEFAULT).model()) {
            comparison.files(FileSizes.of(opened.model()), FileSizes.of(saved));
        }
        try (Predictor before = opened.format().predictor(opened.model().model());
                Predictor after = opened.format().predictor(result.model().model())) {
            new LatencyComparison(before, after).addTo(comparison, dataset);
        }
        result.stats().score().ifPresent(comparison::score);
        return comparison.table();
    }

    private String whatNext(Path small) {
        String wsvd = CommandName.typed();
        Path model = folder.resolve(MODEL);
        String data = "--data " + folder.resolve(IMAGES) + " --labels " + folder.resolve(LABELS);
        return String.join(
                System.lineSeparator(),
                "The files are in " + folder + ": the model before (" + model.getFileName() + ") and after ("
                        + small.getFileName()
                        + "), the plan (plan.json) and the report (stats.json, and report.html to look at).",
                "Try next:",
                "",
                "  " + wsvd + " demo --target 0.25",
                "  " + wsvd + " compress " + model + " -o tiny.onnx --max-drop 0.01 \\",
                "       --calibration " + folder.resolve(CALIBRATION) + " " + data,
                "  " + wsvd + " compare " + model + " " + small + " \\",
                "       " + data + " --stats " + folder.resolve("stats.json"),
                "  " + wsvd + " compress YOUR_MODEL.onnx -o small.onnx --target 0.5 --multiplicity 8 --calibration"
                        + " YOUR_INPUTS.npy");
    }

    private void unpack() {
        DemoFiles files = new DemoFiles(folder);
        FILES.forEach(file -> files.unpack(DemoCommand.class.getResource("demo/" + file), file));
    }
}
