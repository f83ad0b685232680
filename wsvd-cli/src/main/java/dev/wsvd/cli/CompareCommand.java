package dev.wsvd.cli;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.FidelityEvaluator;
import dev.wsvd.pipeline.OpenedModel;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Holds a compressed model against its original. */
@Command(
        name = "compare",
        description = "Compare a compressed model with its original: cost, size, latency, accuracy, fidelity.",
        footerHeading = "%nExample:%n",
        footer = "  wsvd compare model.onnx small.onnx --data images.npz --labels labels.npy")
final class CompareCommand implements Runnable {
    private final Console console;

    @Parameters(index = "0", paramLabel = "ORIGINAL", description = "The original model file.")
    private Path original;

    @Parameters(index = "1", paramLabel = "COMPRESSED", description = "The compressed model file.")
    private Path compressed;

    @Mixin
    private final ModelArguments modelArguments = new ModelArguments();

    @Mixin
    private final DataArguments data = new DataArguments();

    CompareCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        ArrayDataset dataset = data.dataset()
                .orElseThrow(() -> new InvalidInputException("There is nothing to compare on. Give --data FILE."));
        console.out().print(compare(modelArguments.open(original), dataset));
    }

    private <M> Table compare(OpenedModel<M> first, ArrayDataset dataset) {
        M before = first.model().model();
        OpenedModel<M> second = first.sibling(compressed, modelArguments.options());
        M after = second.model().model();
        Comparison comparison = new Comparison();
        comparison.costs(
                CostModel.of(first.model().layers()),
                CostModel.of(second.model().layers()));
        comparison.files(original, compressed);
        try (Predictor one = first.format().predictor(before);
                Predictor two = first.format().predictor(after)) {
            comparison.latency(one, two, dataset);
        }
        if (dataset.labelled()) {
            AccuracyEvaluator<M> accuracy = data.accuracy(first, dataset);
            comparison.score(
                    accuracy.identity(Evaluator.ALL).orElseThrow().name() + " (" + dataset.samples() + " samples)",
                    accuracy.score(before, Evaluator.ALL),
                    accuracy.score(after, Evaluator.ALL));
        }
        comparison.fidelity(
                FidelityEvaluator.of(first.format()::predictor, before, dataset).compare(after, Evaluator.ALL));
        return comparison.table();
    }
}
