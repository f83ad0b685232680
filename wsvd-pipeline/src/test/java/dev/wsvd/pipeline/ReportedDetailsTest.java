package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CumulativeEnergy;
import dev.wsvd.domain.stats.LayerCandidate;
import dev.wsvd.domain.stats.LayerDetails;
import dev.wsvd.domain.stats.Trial;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import dev.wsvd.selection.TarSelectionParameters;
import dev.wsvd.selection.TarSelector;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a report says of the candidates, networks and singular values that a plan was chosen by. */
class ReportedDetailsTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final ArrayDataset DATA = ArrayDataset.load(
                    DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
            .limit(50);

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    @Test
    void budgetedSelectionTellsLossesAndErrorsWithWhatWasChosen() {
        CompressionStats stats = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.4).withMultiplicity(4))
                .calibration(ArrayActivations.of(
                        ONNX,
                        ArrayDataset.load(DEMO.resolve("calibration-images.npz"))
                                .limit(20)))
                .scheme("weight-svd")
                .reportSpectra()
                .plan()
                .stats();

        assertThat(stats.layers())
                .filteredOn(layer -> layer.decision() instanceof Decision.Change)
                .hasSizeGreaterThan(5)
                .allSatisfy(layer -> {
                    Decision.Change change = (Decision.Change) layer.decision();
                    assertThat(candidates(layer))
                            .filteredOn(candidate -> candidate.choice().equals(change.choice()))
                            .singleElement()
                            .satisfies(chosen -> {
                                assertThat(chosen.loss()).isPresent();
                                assertThat(chosen.error()).isPresent();
                                assertThat(chosen.after()).isLessThan(chosen.before());
                            });
                    assertThat(candidates(layer).stream()
                                    .map(candidate -> candidate.choice().form())
                                    .distinct())
                            // A product is the same matrix in both.
                            .hasSize(layer.layer().name().equals("fc1") ? 1 : 2);
                });
        assertThat(stats.layers())
                .allSatisfy(layer -> candidates(layer).stream()
                        .map(candidate -> candidate.choice().form())
                        .distinct()
                        .forEach(form -> assertThat(candidates(layer))
                                .filteredOn(
                                        candidate -> candidate.choice().form().equals(form))
                                .hasSizeLessThanOrEqualTo(18)
                                .isSortedAccordingTo((a, b) -> Long.compare(a.after(), b.after()))));
        assertThat(stats.provenance().sources().model()).contains("fashion-resnet.onnx");
        assertThat(stats.provenance().sources().calibration()).isPresent();
    }

    @Test
    void singularValuesAreReportedWhereTheyAreAskedFor() {
        CompressionStats stats = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.4))
                .scheme("weight-svd")
                .reportSpectra()
                .plan()
                .stats();
        CompressionStats without = ModelCompressor.of(model)
                .parameters(CompressionParameters.budget(0.4))
                .scheme("weight-svd")
                .plan()
                .stats();

        assertThat(without.layers())
                .noneMatch(layer -> details(layer).spectrum().isPresent());
        LayerStats split = stats.layers().stream()
                .filter(layer -> details(layer).spectrum().isPresent()
                        && layer.decision() instanceof Decision.Change change
                        && change.choice()
                                .form()
                                .equals(details(layer).spectrum().get().form()))
                .findFirst()
                .orElseThrow();
        CumulativeEnergy energy = details(split).spectrum().orElseThrow();
        assertThat(energy.energy()).isSorted().last().isEqualTo(1.0);
        LayerCandidate known = candidates(split).stream()
                .filter(candidate -> candidate.choice().form().equals(energy.form())
                        && energy.ranks().contains(candidate.choice().rank()))
                .findFirst()
                .orElseThrow();
        double error = known.error().orElseThrow();
        assertThat(energy.energy().get(energy.ranks().indexOf(known.choice().rank())))
                .isCloseTo(1 - error * error, within(1e-6));
    }

    @Test
    void greedySelectionTellsScoresAndNoLosses() {
        PlannedCompression planned = scored(CompressionParameters.of(new GreedySelector(
                GreedySelectionParameters.of(CompressionRatio.of(0.6)).withCandidates(4))));

        assertThat(planned.stats().layers())
                .allSatisfy(layer -> assertThat(candidates(layer)).allSatisfy(candidate -> {
                    assertThat(candidate.loss()).isEmpty();
                    assertThat(candidate.score())
                            .isEqualTo(planned.scores().score(new Candidate(layer.layer(), candidate.choice())));
                }));
        assertThat(planned.stats().layers().stream()
                        .flatMap(layer -> candidates(layer).stream())
                        .filter(candidate -> candidate.score().isPresent()))
                .hasSameSizeAs(planned.scores().entries().keySet());
        assertThat(planned.stats().effort().trials()).isEmpty();
    }

    @Test
    void tarSelectionTellsTheNetworksThatItScored() {
        CompressionStats stats = scored(CompressionParameters.of(new TarSelector(
                        TarSelectionParameters.of(CompressionRatio.of(0.6)).withIndices(4))))
                .stats();

        List<Trial> trials = stats.effort().trials();
        assertThat(trials).isNotEmpty().allSatisfy(trial -> {
            assertThat(trial.name()).startsWith("plan ");
            assertThat(trial.cost().ratioTo(stats.before(), Metric.MAC)).isLessThanOrEqualTo(0.6);
            assertThat(trial.interval()).isPresent();
        });
        assertThat(stats.effort().evaluations()).isEqualTo(1 + trials.size());
    }

    private PlannedCompression scored(CompressionParameters parameters) {
        return ModelCompressor.of(model)
                .parameters(parameters)
                .evaluator(AccuracyEvaluator.of(ONNX::predictor, DATA), Evaluator.ALL)
                .plan();
    }

    private static LayerDetails details(LayerStats layer) {
        return layer.details().orElseThrow();
    }

    private static List<LayerCandidate> candidates(LayerStats layer) {
        return details(layer).candidates();
    }
}
