package dev.wsvd.cli;

import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.EmbeddingEvaluator;
import dev.wsvd.evaluation.EmbeddingFidelity;
import dev.wsvd.evaluation.Fidelity;
import dev.wsvd.json.JsonStats;
import dev.wsvd.json.StatsFile;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.report.ChangedLayerTable;
import dev.wsvd.report.ComparisonReport;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Compares a compressed model with its original. */
@Command(
        name = "compare",
        description = "Compare a compressed model with its original: cost, size, latency, accuracy, fidelity, and"
                + " the relative output error and the time of each layer that was split or cut.",
        footerHeading = "%nExample:%n",
        footer = "  ${ROOT-COMMAND-NAME} compare model.onnx small.onnx --data images.npz --labels labels.npy")
final class CompareCommand implements Runnable {
    private final Console console;

    @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The original model: a file or folder.")
    private Path original;

    @Parameters(index = "1", paramLabel = "COMPRESSED", description = "The compressed model: a file or folder.")
    private Path compressed;

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    @Mixin
    private final DataArguments data = new DataArguments();

    @Option(
            names = "--stats",
            paramLabel = "FILE",
            description =
                    "The report that compress wrote (--stats): shows predicted errors and times beside the measured ones.")
    private Path stats;

    @Mixin
    private final ReportArguments page = new ReportArguments();

    @Mixin
    private final ConditionArguments conditions = new ConditionArguments();

    CompareCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        FilesInUse inUse = new FilesInUse(data.files());
        List<Path> inputs = new ArrayList<>(data.files());
        inputs.addAll(Arrays.asList(original, compressed, stats));
        OutputPaths outputs = new OutputPaths(inputs, null, Arrays.asList(page.file(), console.savedConfig()));
        outputs.requireWritable();
        data.preparation().requireUsed(Arrays.asList(data.file().orElse(null)));
        data.load(new SampleReader(data.preparation(), modelArguments, original, console));
        ArrayDataset dataset =
                data.dataset().orElseThrow(() -> new InvalidInputException("Comparing needs data. Give --data FILE."));
        OpenedModel<?> opened = modelArguments.open(original, Optional.of(dataset));
        outputs.requireApartFrom(opened.model());
        compare(opened, dataset, outputs, inUse);
    }

    private <M> void compare(OpenedModel<M> first, ArrayDataset dataset, OutputPaths outputs, FilesInUse inUse) {
        OpenedModel<M> second = first.sibling(compressed, modelArguments.options(Optional.of(dataset)));
        outputs.requireApartFrom(second.model());
        inUse.add(first.model());
        inUse.add(second.model());
        inUse.during(() -> compare(first, second, dataset));
    }

    private <M> void compare(OpenedModel<M> first, OpenedModel<M> second, ArrayDataset dataset) {
        Optional<StatsFile> report = Optional.ofNullable(stats).map(JsonStats::read);
        report.ifPresent(read -> requireSameOriginal(read, first.model().identity()));
        LayerTiming timing = new LayerTiming(conditions, report, console);
        timing.requireUsed(first);
        OpenDims dims = new OpenDims(first, data.file());
        dims.warn(console);
        data.warn(first, Optional.empty(), console);
        ComparisonReport whole = whole(first, second, dataset);
        console.out().print(whole.table());
        dims.print(console);
        Map<LayerId, Double> measured = measured(first, second, dataset);
        List<Layer> changed =
                OutputErrors.changed(first.model().layers(), second.model().layers());
        Map<LayerId, LayerTimes> times = Map.of();
        if (changed.isEmpty()) {
            timing.tellUnused();
        } else {
            times = timing.of(first, second, ArrayActivations.of(first.format(), dataset));
            ChangedLayerTable table = new ChangedLayerTable();
            report.ifPresent(read -> table.predicted(read.errors()));
            table.measured(measured).times(times);
            console.out().println();
            console.out().print(table.of(changed));
        }
        if (page.given() || console.printsJson()) {
            Map<LayerId, Double> predicted = report.map(StatsFile::errors).orElse(Map.of());
            new ComparedLayers(predicted, measured, times)
                    .addTo(whole.json(), first, second, ArrayActivations.of(first.format(), dataset));
            Supplier<String> json =
                    () -> whole.json().toJson(page.origin(first.model(), Optional.empty(), scoredBy(first, dataset)));
            page.write(json);
            console.json(json);
        }
    }

    private <M> Optional<EvaluatorIdentity> scoredBy(OpenedModel<M> first, ArrayDataset dataset) {
        return dataset.labelled() ? data.accuracy(first, dataset).identity(Evaluator.ALL) : Optional.empty();
    }

    /** What was compared is worth having without these. */
    private <M> Map<LayerId, Double> measured(OpenedModel<M> first, OpenedModel<M> second, ArrayDataset dataset) {
        try {
            return OutputErrors.of(
                    ArrayActivations.of(first.format(), dataset), first.model(), second.model(), List.of());
        } catch (EngineLostException e) {
            throw e;
        } catch (WsvdException e) {
            console.progress()
                    .onEvent(new ProgressEvent.Notice(
                            "The relative output errors of layers are not measured: " + e.getMessage()));
            return Map.of();
        }
    }

    private void requireSameOriginal(StatsFile report, ModelIdentity here) {
        report.modelSha256().filter(theirs -> !theirs.equals(here.sha256())).ifPresent(theirs -> {
            throw new InvalidInputException(stats + " is the report of another model than '" + here.name()
                    + "'. Maybe give the one that was written with " + compressed + ".");
        });
    }

    private <M> ComparisonReport whole(OpenedModel<M> first, OpenedModel<M> second, ArrayDataset dataset) {
        M before = first.model().model();
        M after = second.model().model();
        // Refused before what takes long, if there is no one embedding.
        Optional<EmbeddingEvaluator<M>> embedding =
                data.scoresEmbeddings() ? Optional.of(data.embedding(first, dataset)) : Optional.empty();
        ComparisonReport comparison = new ComparisonReport();
        Costs costs = new Costs(Services.costModels(), Services.schemes());
        comparison.costs(
                costs.of(first.model().layers()), costs.of(second.model().layers()));
        parameters(first.model().parameters(), second.model().parameters()).ifPresent(comparison::parameters);
        comparison.files(FileSizes.of(first.model()), FileSizes.of(second.model()));
        try (Predictor one = first.format().predictor(before);
                Predictor two = first.format().predictor(after)) {
            new LatencyComparison(one, two).addTo(comparison, dataset);
        }
        if (dataset.labelled()) {
            AccuracyEvaluator<M> accuracy = data.accuracy(first, dataset);
            EvaluatorIdentity scored = accuracy.identity(Evaluator.ALL).orElseThrow();
            comparison.score(CompressionStats.Score.of(
                    scored, accuracy.evaluate(before, Evaluator.ALL), accuracy.evaluate(after, Evaluator.ALL)));
        }
        if (embedding.isPresent()) {
            EmbeddingFidelity found = embedding.get().compare(after, Evaluator.ALL);
            comparison.embedding(embedding.get().compared(), found.recall(), found.cosine());
        } else {
            add(comparison, data.fidelity(first, dataset).compare(after, Evaluator.ALL));
        }
        return comparison;
    }

    private static void add(ComparisonReport comparison, Fidelity fidelity) {
        List<String> outputs = List.copyOf(fidelity.outputs().keySet());
        comparison.fidelity(
                outputs.size() > 1 ? outputs : List.of(),
                fidelity.argmaxAgreement(),
                fidelity.cosine(),
                fidelity.sqnrDb());
    }

    private static Optional<CompressionStats.Parameters> parameters(OptionalLong before, OptionalLong after) {
        return before.isPresent() && after.isPresent()
                ? Optional.of(new CompressionStats.Parameters(before.getAsLong(), after.getAsLong()))
                : Optional.empty();
    }
}
