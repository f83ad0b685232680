package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.conv;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On layers that are really decomposed. */
class EnergySelectorTest {
    private static final RealErrors ERRORS = new RealErrors();

    private static final List<Layer> MODEL = List.of(
            conv("conv1", 12, 8, 1, 6),
            conv("conv2", 6, 10, 2, 4),
            linear("fc1", 24, 40),
            linear("unsupported", 24, 40).unsupported("quantised"),
            linear("ignored", 24, 40),
            linear("thin", 1, 40));

    @ParameterizedTest
    @ValueSource(doubles = {0.3, 0.6, 0.9, 0.95, 0.99})
    void whatIsChosenKeepsTheEnergyAndNothingCheaperDoes(double energy) {
        for (Metric metric : List.of(Metric.MAC, Metric.MEMORY)) {
            for (int multiplicity : new int[] {1, 2}) {
                ListedProblem problem = problem(metric).withMultiplicity(multiplicity);

                Plan plan = new EnergySelector(energy).select(problem);

                assertThat(plan.decisions().keySet())
                        .containsExactlyElementsOf(
                                problem.sites().stream().map(Site::id).toList());
                assertThat(plan.changes()).isNotEmpty();
                for (Site site : problem.sites()) {
                    List<Option> options = problem.options(site, Set.of(metric));
                    Choice chosen = plan.changes().get(site.id());
                    long most = chosen == null
                            ? Long.MAX_VALUE
                            : problem.cost(site, chosen).of(metric);
                    if (chosen != null) {
                        assertThat(kept(problem, site, chosen)).isGreaterThanOrEqualTo(energy);
                        assertThat(most).isLessThan(site.cost().of(metric));
                    }
                    assertThat(options)
                            .filteredOn(option -> option.cost().of(metric) < most)
                            .allMatch(option -> kept(problem, site, option.choice()) < energy);
                }
            }
        }
    }

    @Test
    void ofTwoOptionsThatCostTheSameTheOneThatMissesLessIsTaken() {
        // Rank 1 of a product costs the same in both forms.
        ListedProblem problem = new ListedProblem(List.of(linear("fc", 10, 10)), Metric.MAC, "input-channel")
                .withErrors((site, option) -> option.choice().form().equals("output-channel") ? 0.1 : 0.2);

        assertThat(new EnergySelector(0.9).select(problem).changes())
                .isEqualTo(Map.of(id("fc"), Choice.of("output-channel", 1)));
    }

    @Test
    void layersThatStaySayWhy() {
        // No rank of a small random weight that saves keeps so much.
        Plan plan = new EnergySelector(0.999999).select(problem(Metric.MAC));

        assertThat(plan.decisions())
                .containsEntry(id("fc1"), new Keep("no rank that saves keeps the energy"))
                .containsEntry(id("unsupported"), new Keep("quantised"))
                .containsEntry(id("ignored"), new Keep("ignored"))
                .containsEntry(id("thin"), new Keep("no rank saves"));
    }

    @Test
    void cutsAreLeftToSelectionsThatWeighThem() {
        Layer writer = linear("in", 8, 10);
        Layer reader = linear("out", 10, 8);
        Coupling coupling = new Coupling(
                reader,
                Kind.CHANNELS,
                1,
                8,
                List.of(
                        new Slice(writer, Side.WRITES, List.of(0, 1, 2, 3, 4, 5, 6, 7)),
                        new Slice(reader, Side.READS, List.of(0, 1, 2, 3, 4, 5, 6, 7))));
        ListedProblem problem = new ListedProblem(
                        List.of(writer, reader), List.of(coupling), Metric.MAC, "input-channel", Set.of())
                .withErrors((site, option) -> option.isCut() || site.id().equals(writer.id()) ? 0.01 : 1);
        assertThat(problem.options(problem.sites().get(1), Set.of(Metric.MAC))).anyMatch(Option::isCut);

        Plan plan = new EnergySelector(0.9).select(problem);

        assertThat(plan.changes()).containsOnlyKeys(writer.id());
        assertThat(problem.cost(plan).of(Metric.MAC))
                .isLessThan(problem.cost(Plan.NONE).of(Metric.MAC));
    }

    @Test
    void nothingIsScored() {
        ListedProblem problem = problem(Metric.MAC);
        EnergySelector selector = new EnergySelector(0.9);
        selector.select(problem);

        assertThat(problem.expected()).isEmpty();
        assertThat(selector.target()).isEmpty();
        assertThat(selector.id()).isEqualTo("energy");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1, -0.5, 1.5, Double.NaN})
    void theShareIsBetweenZeroAndOne(double energy) {
        assertThatThrownBy(() -> new EnergySelector(energy))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The share of energy to keep must be above 0 and below 1, found " + energy + ".");
    }

    private static double kept(ListedProblem problem, Site site, Choice choice) {
        double error = ERRORS.applyAsDouble(site, new Option(choice, problem.cost(site, choice)));
        return 1 - error * error;
    }

    private static ListedProblem problem(Metric metric) {
        return new ListedProblem(MODEL, metric, "input-channel", Set.of(id("ignored"))).withErrors(ERRORS);
    }
}
