package dev.wsvd.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CostModelPropertyTest {
    @Property
    void costFallsWithTheRank(@ForAll("layers") Layer layer, @ForAll Unfolding unfolding) {
        Assume.that(unfolding.appliesTo(layer));
        Cost above = CostModel.split(layer, new Split(unfolding, unfolding.maxRank(layer)));
        for (int rank = unfolding.maxRank(layer) - 1; rank >= 1; rank--) {
            Cost cost = CostModel.split(layer, new Split(unfolding, rank));
            assertThat(cost.mac()).isLessThan(above.mac());
            assertThat(cost.memory()).isLessThan(above.memory());
            above = cost;
        }
    }

    @Property
    void splitMemoryIsTheSizeOfItsTwoWeights(@ForAll("layers") Layer layer, @ForAll Unfolding unfolding) {
        Assume.that(unfolding.appliesTo(layer));
        Split split = new Split(unfolding, unfolding.maxRank(layer));
        long first = split.firstWeight(layer).elements();
        long second = split.secondWeight(layer).elements();

        Cost cost = CostModel.split(layer, split);

        assertThat(cost.memory()).isEqualTo(first + second);
        assertThat(cost.mac()).isEqualTo(first * between(layer, unfolding) + second * layer.outputPositions());
    }

    private static long between(Layer layer, Unfolding unfolding) {
        long positions = 1;
        for (int dim = 2; dim < layer.inputShape().size(); dim++) {
            List<Long> shape = unfolding.inFirst(dim - 2) ? layer.outputShape() : layer.inputShape();
            positions *= shape.get(dim);
        }
        return positions;
    }

    @Property
    void rankForIsTheLargestThatFits(
            @ForAll("layers") Layer layer,
            @ForAll Unfolding unfolding,
            @ForAll CostMetric metric,
            @ForAll("ratios") CompressionRatio ratio) {
        OptionalInt found = CostModel.rankFor(layer, unfolding, ratio, metric);

        int largest = 0;
        for (int rank = 1; rank <= unfolding.maxRank(layer); rank++) {
            BigInteger cost = BigInteger.valueOf(
                    CostModel.split(layer, new Split(unfolding, rank)).of(metric));
            BigInteger dense = BigInteger.valueOf(CostModel.dense(layer).of(metric));
            if (cost.multiply(BigInteger.valueOf(ratio.denominator()))
                            .compareTo(dense.multiply(BigInteger.valueOf(ratio.numerator())))
                    <= 0) {
                largest = rank;
            }
        }
        assertThat(found.orElse(0)).isEqualTo(largest);
    }

    @Property
    void maxSavingRankIsTheLargestThatCostsLess(
            @ForAll("layers") Layer layer, @ForAll Unfolding unfolding, @ForAll CostMetric metric) {
        int largest = 0;
        for (int rank = 1; rank <= unfolding.maxRank(layer); rank++) {
            if (CostModel.split(layer, new Split(unfolding, rank)).of(metric)
                    < CostModel.dense(layer).of(metric)) {
                largest = rank;
            }
        }
        assertThat(CostModel.maxSavingRank(layer, unfolding, metric)).isEqualTo(largest);
    }

    @Provide
    Arbitrary<Layer> layers() {
        Arbitrary<Integer> channels = Arbitraries.integers().between(1, 40);
        Arbitrary<List<Integer>> kernels =
                Arbitraries.integers().between(1, 5).list().ofMinSize(1).ofMaxSize(3);
        Arbitrary<List<Long>> sides = Arbitraries.longs().between(1, 30).list().ofSize(3);
        return Combinators.combine(channels, channels, Arbitraries.integers().between(1, 4), kernels, sides, sides)
                .as((out, in, groups, kernel, inSides, outSides) -> new ConvLayer(
                        new LayerId("layer"),
                        new WeightShape(out * groups, in, kernel),
                        groups,
                        List.of(1),
                        shape((long) in * groups, inSides.subList(0, kernel.size())),
                        shape((long) out * groups, outSides.subList(0, kernel.size())),
                        Optional.empty()));
    }

    private static List<Long> shape(long channels, List<Long> sides) {
        return Stream.concat(Stream.of(1L, channels), sides.stream()).toList();
    }

    @Provide
    Arbitrary<CompressionRatio> ratios() {
        return Arbitraries.longs()
                .between(1, 1_000)
                .flatMap(denominator ->
                        Arbitraries.longs().between(1, denominator).map(n -> new CompressionRatio(n, denominator)));
    }
}
