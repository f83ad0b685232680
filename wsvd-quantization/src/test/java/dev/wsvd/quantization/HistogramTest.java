package dev.wsvd.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.quantization.Encoding;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramTest {
    private static final double OUTLIER = 100;

    /** Gaussian numbers, the last of them far away. */
    private static double[] withOutlier() {
        Random random = new Random(4);
        double[] numbers =
                random.doubles(50_000).map(u -> random.nextGaussian()).toArray();
        numbers[numbers.length - 1] = OUTLIER;
        return numbers;
    }

    private static Histogram of(double... numbers) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        for (double x : numbers) {
            min = Math.min(min, x);
            max = Math.max(max, x);
        }
        Histogram histogram = new Histogram(min, max);
        for (double x : numbers) {
            histogram.add(x);
        }
        return histogram;
    }

    private static double error(Encoding encoding, double... numbers) {
        double sum = 0;
        for (double x : numbers) {
            sum += Math.pow(x - encoding.rounded(x), 2);
        }
        return sum;
    }

    private static double max(Encoding encoding) {
        return encoding.rounded(1e9);
    }

    private static double min(Encoding encoding) {
        return encoding.rounded(-1e9);
    }

    @Test
    void thePercentileDropsALoneOutlier() {
        Encoding encoding = of(withOutlier()).percentile();

        assertThat(max(encoding)).isBetween(3.0, 5.0);
        assertThat(min(encoding)).isBetween(-5.0, -3.0);
    }

    @Test
    void thePercentileKeepsWhatIsThereOften() {
        double[] numbers = new double[1000];
        for (int i = 0; i < 10; i++) {
            numbers[i] = 8;
            numbers[10 + i] = -2;
        }
        Encoding encoding = of(numbers).percentile();

        assertThat(max(encoding)).isBetween(7.95, 8.05);
        assertThat(min(encoding)).isBetween(-2.05, -1.95);
    }

    @Test
    void theRangeOfLeastErrorIsNotWorseThanTheWhole() {
        Random random = new Random(5);
        double[] positive = random.doubles(20_000).map(u -> -Math.log(1 - u)).toArray();
        double[] even = random.doubles(20_000, -1, 3).toArray();
        for (double[] numbers : new double[][] {withOutlier(), positive, even}) {
            double least = error(of(numbers).leastError(), numbers);
            double whole = error(whole(numbers), numbers);
            // The middles of bins stand for the numbers in them.
            assertThat(least).isLessThanOrEqualTo(whole * 1.01);
        }
    }

    @Test
    void theRangeOfLeastErrorClipsWhereThatPays() {
        double[] longTail = new Random(6).doubles(500_000).toArray();
        longTail[0] = 5;
        Encoding encoding = of(longTail).leastError();

        assertThat(max(encoding)).isLessThan(4);
        assertThat(error(encoding, longTail)).isLessThan(error(whole(longTail), longTail));
    }

    @Test
    void rangesHoldZero() {
        double[] above = new Random(7).doubles(5000, 3, 4).toArray();
        double[] below = new Random(8).doubles(5000, -4, -3).toArray();
        for (double[] numbers : new double[][] {above, below}) {
            for (Encoding encoding :
                    new Encoding[] {of(numbers).percentile(), of(numbers).leastError()}) {
                assertThat(encoding.rounded(0)).isZero();
                assertThat(encoding.zeroPoint()).isEqualTo(numbers == above ? 0 : 255);
            }
        }
    }

    @Test
    void aLoneNumberHasARange() {
        for (double x : new double[] {0, 5, -5}) {
            assertThat(of(x, x).percentile().rounded(x)).isBetween(x - 0.02, x + 0.02);
            assertThat(of(x, x).leastError().rounded(x)).isBetween(x - 0.02, x + 0.02);
        }
    }

    private static Encoding whole(double... numbers) {
        double min = 0;
        double max = 0;
        for (double x : numbers) {
            min = Math.min(min, x);
            max = Math.max(max, x);
        }
        return Encoding.of(min, max);
    }
}
