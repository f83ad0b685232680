package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.blocked;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.RankDecision.KeepDense;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.selection.ManualChoice.ToRank;
import dev.wsvd.selection.ManualChoice.ToRatio;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManualSelectionTest {
    private static final List<Layer> MODEL = List.of(
            linear("features.1", 32, 32),
            linear("features.2", 64, 32),
            blocked("depth", 32, 32, "depthwise: one input channel per group"),
            linear("head", 1, 32));

    @Test
    void splitsWhatIsNamedAndNothingElse() {
        Map<LayerId, RankDecision> expected = new LinkedHashMap<>();
        expected.put(id("features.1"), new Split(Unfolding.OUTPUT_CHANNEL, 8));
        expected.put(id("features.2"), new Split(Unfolding.OUTPUT_CHANNEL, 3));
        expected.put(id("depth"), new KeepDense("depthwise: one input channel per group"));
        expected.put(id("head"), new KeepDense("not chosen"));

        RankPlan plan = select(
                1, Map.of(id("features.2"), new ToRank(3), id("features.1"), new ToRatio(CompressionRatio.of(0.5))));

        assertThat(plan).isEqualTo(new RankPlan(expected));
        assertThat(plan.decisions().keySet()).containsExactlyElementsOf(expected.keySet());
    }

    @Test
    void ranksAreRoundedByTheMultiplicity() {
        assertThat(select(8, Map.of(id("features.1"), new ToRank(3))).decision(id("features.1")))
                .isEqualTo(new Split(Unfolding.OUTPUT_CHANNEL, 8));
        assertThat(select(8, Map.of(id("features.1"), new ToRank(9))).decision(id("features.1")))
                .as("16 would save nothing")
                .isEqualTo(new Split(Unfolding.OUTPUT_CHANNEL, 8));
    }

    @Test
    void anUnknownNameListsNearOnes() {
        assertRefused(
                1,
                Map.of(id("feature.1"), new ToRank(3)),
                "The model has no layer 'feature.1'. Maybe 'features.1' or 'features.2' was meant.");
    }

    @Test
    void anUnsplittableLayerIsRefusedWithItsReason() {
        assertRefused(
                1,
                Map.of(id("depth"), new ToRank(3)),
                "Layer 'depth' cannot be split: depthwise: one input channel per group.");
    }

    @Test
    void aRatioNoRankMeetsIsRefused() {
        assertRefused(
                1,
                Map.of(id("features.1"), new ToRatio(CompressionRatio.of(0.06))),
                "No output-channel rank brings layer 'features.1' (32×32) to a mac ratio of 0.06: rank 1 has 0.0625.");
    }

    @Test
    void aRankThatSavesNothingIsRefused() {
        assertRefused(
                1,
                Map.of(id("features.1"), new ToRank(16)),
                "Rank 16 does not lower the mac cost of layer 'features.1' (32×32) with the output-channel unfolding;"
                        + " allowed: 1 … 15.");
        assertRefused(
                1,
                Map.of(id("features.1"), new ToRank(Integer.MAX_VALUE)),
                "Rank 2147483647 does not lower the mac cost of layer 'features.1' (32×32) with the output-channel"
                        + " unfolding; allowed: 1 … 15.");
    }

    @Test
    void aLayerThatNoRankMakesCheaperIsRefused() {
        assertRefused(
                1,
                Map.of(id("head"), new ToRatio(CompressionRatio.of(0.9))),
                "Layer 'head' (1×32) has no output-channel rank that lowers its mac cost.");
        assertRefused(
                16,
                Map.of(id("features.1"), new ToRank(3)),
                "Layer 'features.1' (32×32) has no output-channel rank that is a multiple of 16 and lowers its mac cost.");
    }

    @Test
    void aRankIsAtLeastOne() {
        assertThatThrownBy(() -> new ToRank(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A rank must be at least 1, found 0.");
    }

    private static RankPlan select(int multiplicity, Map<LayerId, ManualChoice> choices) {
        return new ManualSelection(CostMetric.MAC, Unfolding.OUTPUT_CHANNEL, new Multiplicity(multiplicity))
                .plan(MODEL, choices);
    }

    private static void assertRefused(int multiplicity, Map<LayerId, ManualChoice> choices, String message) {
        assertThatThrownBy(() -> select(multiplicity, choices))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }
}
