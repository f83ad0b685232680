package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.conv;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.CalibrationIdentity;
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
import dev.wsvd.domain.plan.PlanOrigin;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PlanSelectorTest {
    private static final Layer UNSUPPORTED = linear("depth", 32, 32).unsupported("depthwise");
    private static final List<Layer> MODEL =
            List.of(conv("conv1", 8, 8, 1, 6), linear("fc1", 32, 32), UNSUPPORTED, linear("fc2", 32, 32));

    @Test
    void isObeyedEvenWhereItSavesNothing() {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        decisions.put(id("fc1"), new Change(Choice.of("output-channel", 32)));
        decisions.put(id("conv1"), new Change(Choice.of("spatial", 3)));
        decisions.put(id("fc2"), new Keep("kept by the selection"));

        Plan plan = select(problem(), new Plan(decisions));

        decisions.put(id("depth"), new Keep("not in the plan"));
        assertThat(plan.decisions()).isEqualTo(decisions);
        assertThat(plan.decisions().keySet()).containsExactly(id("conv1"), id("fc1"), id("depth"), id("fc2"));
    }

    @Test
    void anIgnoredLayerStaysWhateverThePlanSays() {
        ListedProblem problem = new ListedProblem(MODEL, Metric.MAC, "spatial", Set.of(id("fc1")));

        assertThat(select(problem, Plan.of(id("fc1"), Choice.of("input-channel", 2)))
                        .decision(id("fc1")))
                .isEqualTo(new Keep("ignored"));
    }

    @Test
    void aLayerThatIsNotThereIsRefused() {
        assertRefused(
                Plan.of(id("conv2"), Choice.of("spatial", 3)),
                "The plan names a layer that the model does not have: 'conv2'. Maybe 'conv1' was meant.");
    }

    @Test
    void whatCannotBeDoneIsRefused() {
        assertRefused(
                Plan.of(id("depth"), Choice.of("input-channel", 3)),
                "The plan splits layer 'depth', which cannot be split: depthwise.");
        assertRefused(
                Plan.of(id("fc1"), Choice.of("input-channel", 33)),
                "Layer 'fc1' (32×32) has no rank 33 with the input-channel unfolding; allowed: 1 … 32.");
        assertRefused(
                Plan.of(id("fc1"), new Choice("input-channel", List.of(3, 4))),
                "Layer 'fc1' (32×32) has no ranks 3, 4 with the input-channel unfolding; allowed: 1 … 32.");
        assertRefused(
                Plan.of(id("fc1"), Choice.of("spatial", 3)),
                "Layer 'fc1' (32×32) has no spatial unfolding, which is for two-dimensional kernels of more than one row"
                        + " and column.");
        assertRefused(
                Plan.of(id("fc1"), Choice.of("rows", 3)),
                "Unknown unfolding 'rows'; allowed: input-channel, output-channel, spatial, channel-pruning,"
                        + " sibling-split.");
    }

    @Test
    void theWholeMustMeetATarget() {
        // 20736 + 3 · 1024 MACs; rank 1 of fc1 leaves 64 of its 1024.
        PlanSelector selector = new PlanSelector(
                Plan.of(id("fc1"), Choice.of("input-channel", 1)),
                Optional.empty(),
                Optional.of(CompressionRatio.of(0.5)));

        assertThatThrownBy(() -> selector.select(problem()))
                .isInstanceOf(UnreachableTargetException.class)
                .hasMessage(
                        "The target mac ratio 0.5 is not met: the ranks given come to 0.9597. Maybe split more layers,"
                                + " or further.");
    }

    @Test
    void theUserHearsWhatARunLacksOfWhatThePlanWasMadeWith() {
        CalibrationIdentity inputs = new CalibrationIdentity(500, "0123456789abcdef");
        ListedProblem without = problem();
        ListedProblem other =
                problem().withOrigin(new PlanOrigin("test", Optional.of(new CalibrationIdentity(20, "fedcba")), true));
        ListedProblem same = problem().withOrigin(new PlanOrigin("test", Optional.of(inputs), true));
        PlanSelector selector = new PlanSelector(
                Plan.NONE, Optional.of(new PlanOrigin("test", Optional.of(inputs), true)), Optional.empty());
        List.of(without, other, same).forEach(selector::select);

        assertThat(without.notices())
                .containsExactly(
                        "The plan was made with calibration inputs (500 samples, sha256 0123456789ab…), and this run has"
                                + " none; the model may score much lower. Maybe add them (--calibration).",
                        "The plan was made with correction, and this run makes none; the model may score much lower. Maybe"
                                + " add it (--correct).");
        assertThat(other.notices())
                .containsExactly(
                        "The plan was made with other calibration inputs (500 samples, sha256 0123456789ab…) than"
                                + " this run's (20 samples, sha256 fedcba); the model may score lower. Maybe use the same ones.");
        assertThat(same.notices()).isEmpty();
    }

    private static ListedProblem problem() {
        return new ListedProblem(MODEL, Metric.MAC, "input-channel");
    }

    private static Plan select(ListedProblem problem, Plan plan) {
        return new PlanSelector(plan, Optional.empty(), Optional.empty()).select(problem);
    }

    private static void assertRefused(Plan plan, String message) {
        assertThatThrownBy(() -> select(problem(), plan))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }
}
