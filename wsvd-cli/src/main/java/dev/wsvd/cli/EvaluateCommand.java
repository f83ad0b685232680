package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.stats.ReportOrigin;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.Latency;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.report.EvaluationReport;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a model on data. */
@Command(
        name = "evaluate",
        description = "Run a model on data: its accuracy where there are labels, and its latency.",
        footerHeading = "%nExample:%n",
        footer = "  ${ROOT-COMMAND-NAME} evaluate model.onnx --data images.npz --labels labels.npy")
final class EvaluateCommand implements Runnable {
    private static final int WARM_UPS = 10;
    private static final int RUNS = 100;

    private final Console console;

    @Parameters(
            paramLabel = "MODEL",
            description = "The model: a file, or a folder where its format's models are folders.")
    private Path model;

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    @Mixin
    private final DataArguments data = new DataArguments();

    @Spec
    private CommandSpec command;

    EvaluateCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        FilesInUse inUse = new FilesInUse(data.files());
        data.requireNoOriginalNeeded();
        data.preparation().requireUsed(Arrays.asList(data.file().orElse(null)));
        data.load(new SampleReader(data.preparation(), modelArguments, model, console));
        ArrayDataset dataset =
                data.dataset().orElseThrow(() -> new InvalidInputException("Evaluating needs data. Give --data FILE."));
        OpenedModel<?> opened = modelArguments.open(model, Optional.of(dataset));
        new OutputPaths(List.of(), null, Arrays.asList(console.savedConfig())).requireApartFrom(opened.model());
        inUse.add(opened.model());
        inUse.during(() -> evaluate(opened, dataset));
    }

    private <M> void evaluate(OpenedModel<M> opened, ArrayDataset dataset) {
        data.warn(opened, Optional.empty(), console);
        M runnable = opened.model().model();
        EvaluationReport report = new EvaluationReport(String.valueOf(model.getFileName()));
        Optional<EvaluatorIdentity> scored = Optional.empty();
        if (dataset.labelled()) {
            var accuracy = data.accuracy(opened, dataset);
            scored = accuracy.identity(Evaluator.ALL);
            report.score(scored.orElseThrow(), accuracy.evaluate(runnable, Evaluator.ALL));
        }
        try (Predictor predictor = opened.format().predictor(runnable)) {
            Map<String, Tensor> sample = dataset.sample(predictor);
            Latency latency = Latency.measure(predictor, sample, WARM_UPS, RUNS);
            report.latency(latency.runs(), latency.medianMs(), latency.p10Ms(), latency.p90Ms());
        }
        report.samples(dataset.samples());
        console.out().print(report.table());
        ReportOrigin origin = RunOrigin.of(command, opened.model(), Optional.empty(), scored);
        console.json(() -> report.json().toJson(origin));
    }
}
