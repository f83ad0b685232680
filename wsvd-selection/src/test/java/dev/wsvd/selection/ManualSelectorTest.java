package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.selection.ManualChoice.ToRank;
import dev.wsvd.selection.ManualChoice.ToRatio;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ManualSelectorTest {
    private static final String FORM = "output-channel";
    private static final List<Layer> MODEL = List.of(
            linear("features.1", 32, 32),
            linear("features.2", 64, 32),
            linear("depth", 32, 32).unsupported("depthwise: one input channel per group"),
            linear("head", 1, 32));

    @Test
    void splitsWhatIsNamedAndNothingElse() {
        Map<LayerId, Decision> expected = new LinkedHashMap<>();
        expected.put(id("features.1"), split(8));
        expected.put(id("features.2"), split(3));
        expected.put(id("depth"), new Keep("depthwise: one input channel per group"));
        expected.put(id("head"), new Keep("not chosen"));

        Plan plan = select(1, Map.of("features.2", new ToRank(3), "features.1", new ToRatio(CompressionRatio.of(0.5))));

        assertThat(plan).isEqualTo(new Plan(expected));
        assertThat(plan.decisions().keySet()).containsExactlyElementsOf(expected.keySet());
    }

    @Test
    void aGlobTakesWhatCanBeSplitAsAskedAndANameGoesBeforeIt() {
        Map<String, ManualChoice> choices = new LinkedHashMap<>();
        choices.put("features.1", new ToRank(2));
        choices.put("*", new ToRank(20));

        assertThat(select(1, choices).changes())
                .isEqualTo(Map.of(
                        id("features.1"), Choice.of(FORM, 2),
                        id("features.2"), Choice.of(FORM, 20)));
    }

    @Test
    void aGlobOfWhichNothingCanBeSplitIsRefused() {
        assertRefused(
                1,
                Map.of("h*", new ToRank(3)),
                "No layer that 'h*' names can be split as asked: all are ignored, unsupported or would not get smaller.");
    }

    @Test
    void anIgnoredLayerIsNotSplitThoughItIsNamed() {
        ListedProblem problem = new ListedProblem(MODEL, Metric.MAC, FORM, Set.of(id("features.1")));
        assertThatThrownBy(() -> manual(Map.of("features.1", new ToRank(3))).select(problem))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "No layer that 'features.1' names can be split as asked: all are ignored, unsupported or would"
                                + " not get smaller.");
        assertThat(manual(Map.of("features.*", new ToRank(3))).select(problem).decision(id("features.1")))
                .isEqualTo(new Keep("ignored"));
    }

    @Test
    void ranksAreRoundedByTheMultiplicity() {
        assertThat(select(8, Map.of("features.1", new ToRank(3))).decision(id("features.1")))
                .isEqualTo(split(8));
        assertThat(select(8, Map.of("features.1", new ToRank(9))).decision(id("features.1")))
                .as("16 would save nothing")
                .isEqualTo(split(8));
    }

    @Test
    void anUnknownNameListsNearOnes() {
        assertRefused(
                1,
                Map.of("feature.1", new ToRank(3)),
                "The model has no layer 'feature.1'. Maybe 'features.1' or 'features.2' was meant.");
    }

    @Test
    void anUnsupportedLayerIsRefusedWithItsReason() {
        assertRefused(
                1,
                Map.of("depth", new ToRank(3)),
                "Layer 'depth' cannot be split: depthwise: one input channel per group.");
    }

    @Test
    void aRatioNoRankMeetsIsRefused() {
        assertRefused(
                1,
                Map.of("features.1", new ToRatio(CompressionRatio.of(0.06))),
                "No output-channel size brings layer 'features.1' (32×32) to a mac ratio of 0.06: rank 1 has 0.0625.");
    }

    @Test
    void aRatioOfOneIsTheLargestRankThatSaves() {
        assertThat(select(1, Map.of("features.1", new ToRatio(CompressionRatio.of(1))))
                        .decision(id("features.1")))
                .isEqualTo(split(15));
    }

    @Test
    void aRankThatSavesNothingIsRefused() {
        assertRefused(
                1,
                Map.of("features.1", new ToRank(16)),
                "Size 16 does not lower the mac cost of layer 'features.1' (32×32) with output-channel; allowed: rank 1 to"
                        + " rank 15.");
        assertRefused(
                1,
                Map.of("features.1", new ToRank(Integer.MAX_VALUE)),
                "Size 2147483647 does not lower the mac cost of layer 'features.1' (32×32) with output-channel; allowed:"
                        + " rank 1 to rank 15.");
    }

    @Test
    void aLayerThatNoRankMakesCheaperIsRefused() {
        assertRefused(
                1,
                Map.of("head", new ToRatio(CompressionRatio.of(0.9))),
                "Layer 'head' (1×32) has no output-channel size that lowers its mac cost.");
        assertRefused(
                16,
                Map.of("features.1", new ToRank(3)),
                "Layer 'features.1' (32×32) has no output-channel size that is a multiple of 16 and lowers its mac cost.");
    }

    @Test
    void aRankIsAtLeastOne() {
        assertThatThrownBy(() -> new ToRank(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A rank must be at least 1, found 0.");
    }

    @Test
    void theWholeMustMeetATarget() {
        // Of 1024 + 2048 + 1024 + 32: rank 1 of features.2 costs 96.
        ManualSelector selector =
                new ManualSelector(Map.of("features.2", new ToRank(1)), Optional.of(CompressionRatio.of(0.5)));

        assertThatThrownBy(() -> selector.select(new ListedProblem(MODEL, Metric.MAC, FORM)))
                .isInstanceOf(UnreachableTargetException.class)
                .hasMessage(
                        "The target mac ratio 0.5 is not met: the ranks given come to 0.5272. Maybe split more layers,"
                                + " or further.");
        assertThat(selector.target()).hasValue(CompressionRatio.of(0.5));
    }

    private static Decision split(int rank) {
        return new Change(Choice.of(FORM, rank));
    }

    private static ManualSelector manual(Map<String, ManualChoice> choices) {
        return new ManualSelector(choices, Optional.empty());
    }

    private static Plan select(int multiplicity, Map<String, ManualChoice> choices) {
        return manual(choices).select(new ListedProblem(MODEL, Metric.MAC, FORM).withMultiplicity(multiplicity));
    }

    private static void assertRefused(int multiplicity, Map<String, ManualChoice> choices, String message) {
        assertThatThrownBy(() -> select(multiplicity, choices))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }
}
