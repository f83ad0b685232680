package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tucker-2 and what chooses it, on the demo network with real images and a real engine. */
class TuckerCompressionTest {
    private static final String TUCKER = "tucker-2";
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final Schemes SCHEMES = Services.schemes();
    private static final Costs COSTS = Costs.of(SCHEMES);
    private static final ArrayActivations<OnnxModel> CALIBRATION = ArrayActivations.of(
            ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(100));
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(
            ONNX::predictor,
            ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy"))
                    .limit(1_000));

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    @Test
    void threeStagesStandInTheLayersPlacesAndAreCorrected() {
        CompressionResult<OnnxModel> free = tucker(CompressionParameters.budget(0.3))
                .evaluator(ACCURACY, Evaluator.ALL)
                .compress();
        CompressionResult<OnnxModel> corrected = tucker(CompressionParameters.budget(0.3))
                .evaluator(ACCURACY, Evaluator.ALL)
                .calibration(CALIBRATION)
                .correct()
                .reportErrorsOn(CALIBRATION)
                .compress();

        assertIsTuckerWithin(corrected, 0.3);
        corrected
                .plan()
                .changes()
                .keySet()
                .forEach(layer -> assertThat(corrected.model().stagesOf(layer)).hasSize(3));
        LayerStats first = changed(corrected).get(0);
        assertThat(first.outputError().orElseThrow()).isCloseTo(first.error().orElseThrow(), within(1e-4));
        assertThat(score(corrected)).isGreaterThan(score(free) + 0.02);
    }

    @Test
    void amongAllSchemesItIsChosenWhereNoOtherMissesLessAtItsCost() {
        Map<LayerId, Choice> chosen = ModelCompressor.of(model)
                .scheme("weight-svd,spatial-svd,tucker-2")
                .parameters(CompressionParameters.budget(0.15))
                .plan()
                .plan()
                .changes();

        Map<LayerId, Choice> tucker = chosen.entrySet().stream()
                .filter(entry -> entry.getValue().form().equals(TUCKER))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        assertThat(tucker).isNotEmpty();
        for (Layer layer : model.layers()) {
            Choice choice = tucker.get(layer.id());
            if (choice != null) {
                assertThat(bestOfOthers(layer, COSTS.of(layer, choice)))
                        .as(layer.id() + ": " + choice)
                        .isGreaterThanOrEqualTo(factors(layer, choice).error(choice));
            }
        }
    }

    /** The smallest predicted error of other forms that cost at most as much. */
    private double bestOfOthers(Layer layer, Cost most) {
        double best = Double.POSITIVE_INFINITY;
        for (String form : SCHEMES.forms()) {
            List<Choice> choices = SCHEMES.of(form).choices(layer, form, 1).stream()
                    .filter(choice -> COSTS.of(layer, choice).isAtMost(most))
                    .toList();
            if (!form.equals(TUCKER) && !choices.isEmpty()) {
                Factors factors = factors(layer, choices.get(choices.size() - 1));
                best = Math.min(
                        best, choices.stream().mapToDouble(factors::error).min().orElseThrow());
            }
        }
        return best;
    }

    private Factors factors(Layer layer, Choice largest) {
        return SCHEMES.of(largest.form()).factor(layer, model.weights(layer.id()), Optional.empty(), largest, EJML);
    }

    @ParameterizedTest
    @ValueSource(strings = {"greedy", "tar"})
    void searchesByScoreGoAlongItsLine(String selection) {
        CompressionResult<OnnxModel> result = tucker(
                        selection.equals("greedy") ? CompressionParameters.greedy(0.6) : CompressionParameters.tar(0.6))
                .evaluator(ACCURACY, 2)
                .compress();

        assertIsTuckerWithin(result, 0.6);
        assertIsOnItsLine(result);
    }

    @Test
    void aRatioByHandIsMetOnItsLine() {
        LayerId largest = largestConvolution().id();
        CompressionResult<OnnxModel> result = tucker(CompressionParameters.manual(
                        Map.of(largest.name(), new ManualChoice.ToRatio(CompressionRatio.of(0.2)))))
                .compress();

        assertThat(result.plan().changes()).containsOnlyKeys(largest);
        assertThat(changed(result))
                .singleElement()
                .satisfies(layer -> assertThat(layer.ratio(Metric.MAC)).isBetween(0.17, 0.2));
        assertIsOnItsLine(result);
    }

    private Layer largestConvolution() {
        return model.layers().stream()
                .filter(layer -> layer.op() instanceof Convolution)
                .max((a, b) ->
                        Long.compare(COSTS.of(a).of(Metric.MEMORY), COSTS.of(b).of(Metric.MEMORY)))
                .orElseThrow();
    }

    private void assertIsOnItsLine(CompressionResult<?> result) {
        CompressionScheme scheme = SCHEMES.of(TUCKER);
        for (Layer layer : model.layers()) {
            Choice choice = result.plan().changes().get(layer.id());
            if (choice != null) {
                assertThat(scheme.series(Place.of(layer), TUCKER, 1)).contains(choice);
            }
        }
    }

    private static void assertIsTuckerWithin(CompressionResult<?> result, double ratio) {
        assertThat(result.plan().changes().values())
                .isNotEmpty()
                .extracting(Choice::form)
                .containsOnly(TUCKER);
        assertThat(result.stats().ratio(Metric.MAC)).isBetween(ratio - 0.05, ratio);
    }

    @Test
    void eachLayerKeepsTheEnergyAskedFor() {
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .parameters(CompressionParameters.energy(0.95))
                .calibration(CALIBRATION)
                .compress();

        assertThat(changed(result))
                .hasSizeGreaterThan(5)
                .allSatisfy(layer ->
                        assertThat(1 - Math.pow(layer.error().orElseThrow(), 2)).isBetween(0.95, 0.99));
        assertThat(result.stats().effort().evaluations()).isZero();
        assertThat(result.stats().score()).isEmpty();
    }

    @Test
    void bytesMayBeLimited() {
        long most = COSTS.of(model.layers()).of(Metric.BYTES) / 4;
        CompressionResult<OnnxModel> result = ModelCompressor.of(model)
                .metric(Metric.BYTES)
                .parameters(CompressionParameters.of(new BudgetSelector(new BudgetSelectionParameters(
                        Optional.empty(), Map.of(Metric.BYTES, most), OptionalDouble.empty()))))
                .compress();

        assertThat(result.stats().after().of(Metric.BYTES))
                .isBetween(most * 95 / 100, most)
                .isEqualTo(4 * result.stats().after().of(Metric.MEMORY));
        assertThat(result.stats().goal().metric()).isEqualTo(Metric.BYTES);
    }

    private ModelCompressor<OnnxModel> tucker(CompressionParameters parameters) {
        return ModelCompressor.of(model).scheme(TUCKER).parameters(parameters);
    }

    private static List<LayerStats> changed(CompressionResult<?> result) {
        return result.stats().layers().stream()
                .filter(layer -> layer.decision() instanceof Decision.Change)
                .toList();
    }

    private static double score(CompressionResult<?> result) {
        return result.stats().score().orElseThrow().compressed().orElseThrow();
    }
}
