package dev.wsvd.domain.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.linalg.Spectrum;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CumulativeEnergyTest {
    @Test
    void squaresOfAllGroupsAreAdded() {
        CumulativeEnergy energy = CumulativeEnergy.of(
                        "input-channel",
                        List.of(new Spectrum(new double[] {3, 1}, 4), new Spectrum(new double[] {2, 2}, 4)))
                .orElseThrow();

        assertThat(energy.ranks()).containsExactly(1, 2);
        assertThat(energy.energy()).containsExactly(13.0 / 18, 1.0);
    }

    @Test
    void aLongSpectrumIsThinnedToItsFullRank() {
        double[] values = IntStream.range(0, 1000).mapToDouble(i -> 1000 - i).toArray();
        CumulativeEnergy energy = CumulativeEnergy.of("spatial", List.of(new Spectrum(values, 1000)))
                .orElseThrow();

        assertThat(energy.ranks())
                .hasSizeLessThanOrEqualTo(48)
                .startsWith(1, 2, 4)
                .endsWith(1000);
        assertThat(energy.energy()).isSorted().hasSameSizeAs(energy.ranks()).endsWith(1.0);
    }

    @Test
    void whatHasNoEnergyHasNoCurve() {
        assertThat(CumulativeEnergy.of("spatial", List.of())).isEmpty();
        assertThat(CumulativeEnergy.of("spatial", List.of(new Spectrum(new double[] {0, 0}, 2))))
                .isEmpty();
    }
}
