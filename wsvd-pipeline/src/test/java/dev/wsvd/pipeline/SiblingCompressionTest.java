package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.calibration.Divergence;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Queries, keys and values with one first stage from end to end, on a small transformer as exported. */
class SiblingCompressionTest {
    private static final Path BERT = Path.of(
            "..",
            "wsvd-adapter-onnx",
            "src",
            "test",
            "resources",
            "dev",
            "wsvd",
            "adapter",
            "onnx",
            "attention",
            "bert-script.onnx");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final String SPLIT = "sibling-split";
    private static final LayerId QUERY = layer("attention/self/query");
    private static final LayerId KEY = layer("attention/self/key");
    private static final LayerId VALUE = layer("attention/self/value");

    private final CompressibleModel<OnnxModel> model = ONNX.open(BERT, OpenOptions.DEFAULT);

    private static LayerId layer(String name) {
        return new LayerId("/model/encoder/layer.0/" + name + "/MatMul");
    }

    private static ArrayActivations<OnnxModel> tokens(int samples, long seed) {
        Random random = new Random(seed);
        int length = 8;
        long[] mask = new long[samples * length];
        Arrays.fill(mask, 1);
        List<Long> shape = List.of((long) samples, (long) length);
        return ArrayActivations.of(
                ONNX,
                ArrayDataset.of(Map.of(
                        "ids",
                                Tensor.ofLongs(
                                        shape, random.longs(mask.length, 0, 16).toArray()),
                        "mask", Tensor.ofLongs(shape, mask))));
    }

    private static Plan plan(Object... layersAndChoices) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        for (int i = 0; i < layersAndChoices.length; i += 2) {
            decisions.put((LayerId) layersAndChoices[i], new Decision.Change((Choice) layersAndChoices[i + 1]));
        }
        return new Plan(decisions);
    }

    private ModelCompressor<OnnxModel> compressor(Plan plan) {
        return ModelCompressor.of(model).parameters(CompressionParameters.plan(plan));
    }

    @Test
    void correctionFitsTheLastStageOfEach() {
        Plan plan = plan(QUERY, Choice.of(SPLIT, 4), layer("attention/output/dense"), Choice.of("input-channel", 3));
        CompressionResult<OnnxModel> plain =
                compressor(plan).calibration(tokens(400, 1)).compress();
        CompressionResult<OnnxModel> corrected = compressor(plan)
                .calibration(tokens(400, 1))
                .correct()
                .reportErrorsOn(tokens(200, 2))
                .compress();

        Divergence<OnnxModel> divergence = new Divergence<>(tokens(200, 2), model.model());
        assertThat(divergence.of(corrected.model().model()))
                .isLessThan(divergence.of(plain.model().model()));
        assertThat(corrected.model().layers()).hasSize(model.layers().size() + 2);
        assertThat(corrected.model().stagesOf(QUERY)).hasSize(2);
        assertThat(corrected.model().stagesOf(VALUE)).hasSize(1);
        assertThat(corrected.stats().layers())
                .filteredOn(layer -> List.of(QUERY, KEY, VALUE).contains(layer.layer()))
                .allMatch(layer -> layer.outputError().isPresent());
        // 4 (8 + 8 + 8 + 8) weights in place of 3 · 64.
        assertThat(model.layers().stream()
                                .mapToLong(layer -> layer.weight().elements())
                                .sum()
                        - corrected.model().layers().stream()
                                .mapToLong(layer -> layer.weight().elements())
                                .sum())
                .isEqualTo(3 * 64 - 4 * 32 + 64 - 3 * 16);
    }

    @Test
    void theReportIsThatOfThePlan() {
        CompressionResult<OnnxModel> result =
                compressor(plan(QUERY, Choice.of(SPLIT, 4))).compress();

        assertThat(result.stats().after())
                .isEqualTo(compressor(result.plan()).plan().stats().after());
        assertThat(result.stats().ratio(Metric.MAC)).isLessThan(1);
    }

    @Test
    void budgetWeighsThemWhereInputsAreKnown() {
        CompressionParameters budget = CompressionParameters.budget(0.9);
        Plan free = ModelCompressor.of(model).parameters(budget).plan().plan();
        Plan alone = ModelCompressor.of(model)
                .parameters(budget)
                .scheme(SPLIT)
                .plan()
                .plan();
        Plan aware = ModelCompressor.of(model)
                .parameters(budget)
                .scheme(SPLIT)
                .calibration(tokens(200, 1))
                .plan()
                .plan();

        assertThat(free.changes().values()).extracting(Choice::form).doesNotContain(SPLIT);
        assertThat(alone.changes()).containsOnlyKeys(QUERY);
        assertThat(aware.changes()).containsOnlyKeys(QUERY);
        assertThat(aware.decision(KEY)).isEqualTo(new Decision.Keep("split with '" + QUERY + "'"));
    }

    @Test
    void anIgnoredSiblingKeepsAllWhole() {
        assertThatThrownBy(() -> ModelCompressor.of(model)
                        .parameters(CompressionParameters.budget(0.9).ignoring(KEY.name()))
                        .scheme(SPLIT)
                        .plan())
                .isInstanceOf(UnreachableTargetException.class);
    }

    @Test
    void aPlanThatReplacesASiblingTwiceIsRefused() {
        Plan plan = plan(QUERY, Choice.of(SPLIT, 4), KEY, Choice.of("input-channel", 2));

        assertThatThrownBy(() -> compressor(plan).plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The plan replaces layer '" + KEY
                        + "' for itself and with its siblings; only one of both is possible.");
    }

    @Test
    void aPlanThatCutsASiblingIsRefused() {
        Plan plan = plan(QUERY, Choice.of(SPLIT, 4), layer("attention/output/dense"), Choice.of("value-cut", 2));

        assertThatThrownBy(() -> compressor(plan).plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The plan replaces layer '" + VALUE
                        + "' and cuts units that it has a part in; only one of both is possible.");
    }

    @Test
    void theyAreTunedTogether() {
        List<String> tuned = new ArrayList<>();

        CompressionResult<OnnxModel> result = compressor(
                        plan(QUERY, Choice.of(SPLIT, 4), layer("output/dense"), Choice.of("input-channel", 2)))
                .fineTuner(new FineTuner<>() {
                    @Override
                    public CompressibleModel<OnnxModel> tuneLayer(CompressibleModel<OnnxModel> soFar, LayerId layer) {
                        tuned.add(layer + " of " + soFar.layers().size());
                        return soFar;
                    }
                })
                .compress();

        int layers = model.layers().size();
        assertThat(tuned).containsExactly(QUERY + " of " + (layers + 1), layer("output/dense") + " of " + (layers + 2));
        assertThat(result.model().layers()).hasSize(layers + 2);
    }
}
