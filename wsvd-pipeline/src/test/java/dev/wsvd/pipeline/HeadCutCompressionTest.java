package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.ManualChoice.ToRank;
import dev.wsvd.selection.ManualChoice.ToRatio;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Cuts of attention from end to end, on a small transformer as exported: two heads of four dims. */
class HeadCutCompressionTest {
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
    private static final String ATTENTION = "/model/encoder/layer.0/attention/";
    private static final LayerId QUERY = new LayerId(ATTENTION + "self/query/MatMul");
    private static final LayerId KEY = new LayerId(ATTENTION + "self/key/MatMul");
    private static final LayerId VALUE = new LayerId(ATTENTION + "self/value/MatMul");
    private static final LayerId OUTPUT = new LayerId(ATTENTION + "output/dense/MatMul");
    private static final Choice SCORES = Choice.of("score-cut", 1);
    private static final Choice VALUES = Choice.of("value-cut", 2);

    private final CompressibleModel<OnnxModel> model = ONNX.open(BERT, OpenOptions.DEFAULT);

    private ModelCompressor<OnnxModel> compressor(CompressionParameters parameters) {
        return ModelCompressor.of(model).scheme("head-cut").parameters(parameters);
    }

    @Test
    void eachCutOfAnAttentionIsChosenByTheLayerThatItIsNamedAfter() {
        CompressionParameters both = CompressionParameters.manual(
                Map.of(QUERY.name(), new ToRank(1), OUTPUT.name(), new ToRatio(CompressionRatio.of(0.5))));

        CompressionResult<OnnxModel> made = compressor(both).compress();

        assertThat(made.plan().changes()).isEqualTo(Map.of(QUERY, SCORES, OUTPUT, VALUES));
        assertThat(made.stats().layers())
                .filteredOn(layer -> layer.decision() instanceof Decision.Change)
                .extracting(layer -> layer.size())
                .containsExactly("1 of 4 dims per head", "2 of 4 dims per head");
        assertThat(weight(made, QUERY)).isEqualTo("2×8");
        assertThat(weight(made, KEY)).isEqualTo("2×8");
        assertThat(weight(made, VALUE)).isEqualTo("4×8");
        assertThat(weight(made, OUTPUT)).isEqualTo("8×4");
    }

    private static String weight(CompressionResult<OnnxModel> made, LayerId layer) {
        return made.model().layers().stream()
                .filter(it -> it.id().equals(layer))
                .map(it -> it.weight().toString())
                .findFirst()
                .orElseThrow();
    }

    /** What queries, keys and values give is combined, and nothing of the original's. */
    @Test
    void theErrorInTheNetworkIsThatOfTheLayerThatReadsTheHeads() {
        CompressionResult<OnnxModel> made = compressor(CompressionParameters.plan(new Plan(Map.of(
                        QUERY, new Decision.Change(Choice.of("score-cut", 3)), OUTPUT, new Decision.Change(VALUES)))))
                .calibration(tokens(200, 1))
                .reportErrorsOn(tokens(200, 2))
                .compress();

        assertThat(made.stats().layers())
                .filteredOn(layer -> layer.outputError().isPresent())
                .singleElement()
                .satisfies(layer -> {
                    assertThat(layer.layer()).isEqualTo(OUTPUT);
                    // Other tokens; its bias, which the cut changes too, is an Add of its own.
                    assertThat(layer.outputError().orElseThrow())
                            .isCloseTo(layer.error().orElseThrow(), withinPercentage(20));
                });
    }

    private static ArrayActivations<OnnxModel> tokens(int samples, long seed) {
        int length = 8;
        long[] mask = new long[samples * length];
        Arrays.fill(mask, 1);
        long[] ids = new Random(seed).longs(mask.length, 0, 16).toArray();
        List<Long> shape = List.of((long) samples, (long) length);
        return ArrayActivations.of(
                ONNX, ArrayDataset.of(Map.of("ids", Tensor.ofLongs(shape, ids), "mask", Tensor.ofLongs(shape, mask))));
    }

    @Test
    void aGlobTakesBoth() {
        CompressionParameters glob = CompressionParameters.manual(Map.of("*attention*", new ToRank(2)));

        assertThat(compressor(glob).plan().plan().changes())
                .isEqualTo(Map.of(QUERY, Choice.of("score-cut", 2), OUTPUT, VALUES));
    }

    @Test
    void aFormThatIsAskedForIsTheOnlyOne() {
        CompressionParameters glob = CompressionParameters.manual(Map.of("*attention*", new ToRank(1)));

        assertThat(compressor(glob.withForm("score-cut")).plan().plan().changes())
                .isEqualTo(Map.of(QUERY, SCORES));
        assertThatThrownBy(() -> compressor(CompressionParameters.manual(Map.of(QUERY.name(), new ToRank(1)))
                                .withForm("value-cut"))
                        .plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer '" + QUERY + "' (8×8) has no value-cut size that lowers its mac cost.");
    }

    @Test
    void greedySelectionScoresBoth() {
        assertThatThrownBy(() -> compressor(CompressionParameters.greedy(0.9)).plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Selection needs the score of layer '" + QUERY
                        + "', score-cut 1 of 4 dims per head, which is not"
                        + " among saved scores, and there is no evaluator to make it. Maybe give data to evaluate on.");
    }

    @Test
    void aLayerThatNoCutIsNamedAfterIsRefused() {
        for (LayerId layer : List.of(KEY, VALUE)) {
            assertThatThrownBy(() -> compressor(CompressionParameters.manual(Map.of(layer.name(), new ToRank(1))))
                            .plan())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer '" + layer + "' (8×8) has no value-cut size that lowers its mac cost.");
        }
    }
}
