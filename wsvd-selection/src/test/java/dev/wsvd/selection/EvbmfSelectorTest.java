package dev.wsvd.selection;

import static dev.wsvd.selection.TestLayers.conv;
import static dev.wsvd.selection.TestLayers.id;
import static dev.wsvd.selection.TestLayers.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvbmfSelectorTest {
    private static final Layer FC = linear("fc", 40, 60);

    @Test
    void ofWeakeningOneTheRankIsThatOfTheFactorization() {
        assertThat(decision(FC, 1, spectrum(40, 60, 6))).isEqualTo(rank(6));
    }

    @Test
    void weakenedItIsSoFarFromTheFullRankToThat() {
        // 40 − 0.9 · 34 = 9.4 and 40 − 0.8 · 34 = 12.8.
        assertThat(decision(FC, 0.9, spectrum(40, 60, 6))).isEqualTo(rank(9));
        assertThat(decision(FC, EvbmfSelector.WEAKENING, spectrum(40, 60, 6))).isEqualTo(rank(12));
    }

    @Test
    void ranksAreRoundedUpToMultiples() {
        ListedProblem problem = problem(FC).withSpectra(site -> List.of(spectrum(40, 60, 6)));

        assertThat(new EvbmfSelector(1)
                        .select(problem.withMultiplicity(4))
                        .decisions()
                        .get(FC.id()))
                .isEqualTo(rank(8));
    }

    @Test
    void ofGroupsTheOneWithTheLargestRankCounts() {
        Layer grouped = conv("grouped", 30, 40, 2, 4);

        assertThat(decision(grouped, 1, spectrum(40, 270, 3), spectrum(40, 270, 5)))
                .isEqualTo(rank(5));
    }

    @Test
    void layersThatStaySayWhy() {
        // Almost of full rank, and a weight of which all may be noise.
        assertThat(decision(FC, 0.01, spectrum(40, 60, 6))).isEqualTo(new Keep("rank 39 by EVBMF does not save"));
        assertThat(decision(FC, 1, spectrum(40, 60, 0))).isEqualTo(new Keep("EVBMF finds nothing above the noise"));
        assertThat(decision(linear("small", 20, 60), 1, spectrum(20, 60, 6)))
                .isEqualTo(new Keep("full rank 20 is too small for EVBMF"));
        assertThat(decision(linear("larger", 21, 60), 1, spectrum(21, 60, 6))).isEqualTo(rank(6));
        assertThat(decision(FC, 1))
                .isEqualTo(new Keep("EVBMF gives the rank of one unfolding; input-channel is not split by one"));
        assertThat(decision(linear("thin", 1, 40), 1)).isEqualTo(new Keep("no rank saves"));
        assertThat(decision(FC.unsupported("quantised"), 1)).isEqualTo(new Keep("quantised"));
    }

    @Test
    void nothingIsScored() {
        ListedProblem problem = problem(FC).withSpectra(site -> List.of(spectrum(40, 60, 6)));
        EvbmfSelector selector = new EvbmfSelector(1);
        selector.select(problem);

        assertThat(problem.expected()).isEmpty();
        assertThat(selector.target()).isEmpty();
        assertThat(selector.id()).isEqualTo("evbmf");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.5, 1.5, Double.NaN})
    void theWeakeningIsAboveZeroAndAtMostOne(double weakening) {
        assertThatThrownBy(() -> new EvbmfSelector(weakening))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The weakening must be above 0 and at most 1, found " + weakening + ".");
    }

    /** So many directions that stand out of equal ones. */
    private static Spectrum spectrum(int rows, int columns, int rank) {
        double[] values = new double[rows];
        Arrays.fill(values, 1);
        Arrays.fill(values, 0, rank, 20);
        return new Spectrum(values, columns);
    }

    private static ListedProblem problem(Layer layer) {
        return new ListedProblem(List.of(layer), Metric.MAC, "input-channel", Set.of());
    }

    private static Decision decision(Layer layer, double weakening, Spectrum... groups) {
        ListedProblem problem = problem(layer).withSpectra(site -> List.of(groups));
        return new EvbmfSelector(weakening)
                .select(problem)
                .decisions()
                .get(id(layer.id().name()));
    }

    private static Change rank(int rank) {
        return new Change(Choice.of("input-channel", rank));
    }
}
