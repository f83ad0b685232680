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
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CostModelPropertyTest {
    @Property
    void costFallsWithTheRank(@ForAll("layers") Layer layer, @ForAll Unfolding unfolding) {
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
        int rank = unfolding.maxRank(layer);
        WeightShape weight = layer.weight();
        boolean kernelFirst = unfolding == Unfolding.OUTPUT_CHANNEL;
        long first = new WeightShape(
                        layer.groups() * rank, weight.inPerGroup(), kernelFirst ? weight.kernel() : List.of())
                .elements();
        long second = new WeightShape(weight.out(), rank, kernelFirst ? List.of() : weight.kernel()).elements();

        Cost cost = CostModel.split(layer, new Split(unfolding, rank));

        assertThat(cost.memory()).isEqualTo(first + second);
        assertThat(cost.mac())
                .isEqualTo(first * (kernelFirst ? layer.outputPositions() : layer.inputPositions())
                        + second * layer.outputPositions());
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
        Arbitrary<Long> sides = Arbitraries.longs().between(1, 30);
        return Combinators.combine(channels, channels, Arbitraries.integers().between(1, 4), kernels, sides, sides)
                .as((out, in, groups, kernel, inSide, outSide) -> new ConvLayer(
                        new LayerId("layer"),
                        new WeightShape(out * groups, in, kernel),
                        groups,
                        List.of(1),
                        List.of(1L, (long) in * groups, inSide),
                        List.of(1L, (long) out * groups, outSide),
                        Optional.empty()));
    }

    @Provide
    Arbitrary<CompressionRatio> ratios() {
        return Arbitraries.longs()
                .between(1, 1_000)
                .flatMap(denominator ->
                        Arbitraries.longs().between(1, denominator).map(n -> new CompressionRatio(n, denominator)));
    }
}
