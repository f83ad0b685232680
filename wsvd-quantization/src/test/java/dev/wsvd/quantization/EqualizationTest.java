package dev.wsvd.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class EqualizationTest {
    private static double geometricMean(double... scales) {
        return Math.exp(Arrays.stream(scales).map(Math::log).average().orElseThrow());
    }

    @Test
    void whatChannelsGiveAndWhatReadsThemAreBalanced() {
        double[] activations = {0.1, 3, 700, 1};
        double[] weights = {5, 0.02, 1, 0.3};

        double[] scales = Equalization.scales(activations, weights);

        assertThat(geometricMean(scales)).isCloseTo(1, within(1e-12));
        double common = activations[0] * scales[0] / (weights[0] / scales[0]);
        for (int i = 0; i < 4; i++) {
            assertThat(activations[i] * scales[i] / (weights[i] / scales[i])).isCloseTo(common, within(common * 1e-9));
        }
    }

    @Test
    void equalChannelsStayAsTheyAre() {
        double[] scales = Equalization.scales(new double[] {2, 2, 2}, new double[] {7, 7, 7});

        assertThat(scales).containsExactly(new double[] {1, 1, 1}, within(1e-12));
    }

    @Test
    void channelsThatAreZeroOrNotReadStayAsTheyAre() {
        double[] scales = Equalization.scales(new double[] {0, 4, 1, 2}, new double[] {1, 0, 4, 1});

        assertThat(scales[0]).isEqualTo(1);
        assertThat(scales[1]).isEqualTo(1);
        assertThat(geometricMean(scales[2], scales[3])).isCloseTo(1, within(1e-12));
        assertThat(scales[2]).isCloseTo(Math.sqrt(2) * scales[3] * 2, within(1e-9));
    }

    @Test
    void ofNothingButZerosNothingChanges() {
        assertThat(Equalization.scales(new double[3], new double[] {1, 2, 3})).containsExactly(1, 1, 1);
        assertThat(Equalization.scales(new double[] {1, 2, 3}, new double[3])).containsExactly(1, 1, 1);
    }
}
