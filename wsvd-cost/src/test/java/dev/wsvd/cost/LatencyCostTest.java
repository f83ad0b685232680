package dev.wsvd.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.LatencyTable.Conditions;
import dev.wsvd.domain.cost.LatencyTable.Entry;
import dev.wsvd.domain.cost.LatencyTable.Point;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.factorization.WeightSvd;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Times between, below and beyond what was measured, and where nothing was. */
class LatencyCostTest {
    /** At 100 positions, so that a product of n to m features has 100 n m MACs. */
    private static final Layer LINEAR =
            Layer.of(new LayerId("linear"), Affine.of(10, 10), List.of(1L, 100L, 10L), List.of(1L, 100L, 10L));

    private static final String TWO = "linear + linear";
    private static final Schemes SCHEMES = new Schemes(List.of(new WeightSvd()));

    @Test
    void aLayerAsItIsTakesWhatItTook() {
        // Its own point is another one.
        LatencyCost cost = measured(1000, "linear", new Point(10_000, 700));

        assertThat(cost.cost(LINEAR, List.of(LINEAR.sized()))).isEqualTo(1000);
        assertThat(cost.scaled(0.5).cost(LINEAR, List.of(LINEAR.sized()))).isEqualTo(1000);
        assertThat(cost.metric()).isEqualTo(Metric.LATENCY);
    }

    /** Ranks have 2000 MACs each. */
    @ParameterizedTest
    @CsvSource({"2, 300", "3, 350", "4, 400", "5, 600", "6, 800"})
    void betweenPointsTimesAreStraight(int rank, long ns) {
        LatencyCost cost = measured(1000, TWO, new Point(4000, 300), new Point(8000, 400), new Point(12_000, 800));

        assertThat(cost.cost(LINEAR, split(rank))).isEqualTo(ns);
    }

    @Test
    void belowTheFirstPointTimesFallAsBetweenTheFirstTwo() {
        LatencyCost flat = measured(1000, TWO, new Point(8000, 400), new Point(12_000, 500), new Point(16_000, 900));

        assertThat(flat.cost(LINEAR, split(2))).isEqualTo(300);
        assertThat(flat.cost(LINEAR, split(1))).isEqualTo(250);
    }

    @Test
    void belowTheFirstPointTimesFallNoFasterThanMacs() {
        LatencyCost steep = measured(1000, TWO, new Point(8000, 400), new Point(12_000, 1200));

        assertThat(steep.cost(LINEAR, split(2))).isEqualTo(200);
        assertThat(steep.cost(LINEAR, split(1))).isEqualTo(100);
    }

    @Test
    void belowTheOnlyPointHalfFallsAsTheMacsDo() {
        LatencyCost one = measured(1000, TWO, new Point(8000, 400));

        assertThat(one.cost(LINEAR, split(4))).isEqualTo(400);
        assertThat(one.cost(LINEAR, split(2))).isEqualTo(300);
    }

    @Test
    void beyondTheLastPointTimesRiseAsTheMacsDo() {
        assertThat(measured(1000, TWO, new Point(2000, 390), new Point(4000, 400))
                        .cost(LINEAR, split(3)))
                .isEqualTo(600);
        assertThat(measured(1000, TWO, new Point(4000, 400)).cost(LINEAR, split(6)))
                .isEqualTo(1200);
    }

    @Test
    void whatWasNotMeasuredHasAFixedShare() {
        LatencyCost cost = measured(1000, "linear", new Point(4000, 100));

        assertThat(cost.cost(LINEAR, split(2))).isEqualTo(300 + 700 * 4 / 10);
        assertThat(measured(1000, TWO).cost(LINEAR, split(2))).isEqualTo(300 + 700 * 4 / 10);
    }

    @Test
    void whereSizesAreUnknownWhatWasNotMeasuredSavesNothing() {
        Layer unknown = Layer.of(LINEAR.id(), LINEAR.op(), List.of(), List.of());

        assertThat(measured(1000, "linear").cost(unknown, List.of(sized(Affine.of(2, 10)), sized(Affine.of(10, 2)))))
                .isEqualTo(1000);
    }

    @Test
    void whatIsWithoutMacsTakesWhatItTook() {
        Layer table = Layer.of(LINEAR.id(), Lookup.of(8, 50), List.of(1L, 7L), List.of(1L, 7L, 8L));
        List<SizedOp> narrower = List.of(table.sized().shrunk(4, 0));

        assertThat(measured(1000, "embedding", new Point(0, 600)).cost(table, narrower))
                .isEqualTo(600);
    }

    @Test
    void aLayerThatIsNotInTheTableTakesNoTime() {
        LatencyCost cost = measured(1000, TWO, new Point(4000, 300));
        Layer other = Layer.of(new LayerId("other"), LINEAR.op(), LINEAR.inputShape(), LINEAR.outputShape());

        assertThat(cost.cost(other, List.of(other.sized()))).isZero();
        assertThat(cost.cost(other, split(2))).isZero();
        assertThat(cost.scaled(2).cost(other, split(2))).isZero();
    }

    @Test
    void savingsAreScaled() {
        LatencyCost cost = measured(1000, TWO, new Point(4000, 600));

        assertThat(cost.scaled(0.5).cost(LINEAR, split(2))).isEqualTo(800);
        assertThat(cost.scaled(0.5).scaled(3).cost(LINEAR, split(2))).isEqualTo(400);
        assertThat(cost.scaled(4).cost(LINEAR, split(2)))
                .as("no time is below 0")
                .isZero();
        assertThat(cost.cost(LINEAR, split(2))).as("the original").isEqualTo(600);
    }

    @Test
    void whatTakesLongerThanTheLayerIsScaledToo() {
        assertThat(measured(1000, TWO, new Point(4000, 1200)).scaled(0.5).cost(LINEAR, split(2)))
                .isEqualTo(1100);
    }

    @Test
    void ranksOfAConvolutionTakeWholeBlocks() {
        Layer conv = conv(64, 64, 1);
        LatencyCost cost = new LatencyCost(
                table(
                        conv,
                        1000,
                        "conv 3x3 + conv 1x1",
                        new Point(macs(conv, 16), 200),
                        new Point(macs(conv, 32), 500)),
                layer -> 16);

        assertThat(cost.cost(conv, split(conv, 17))).isEqualTo(500);
        assertThat(cost.cost(conv, split(conv, 20))).isEqualTo(cost.cost(conv, split(conv, 32)));
        assertThat(cost.cost(conv, split(conv, 16))).isEqualTo(200);
        assertThat(new LatencyCost(
                                table(
                                        conv,
                                        1000,
                                        "conv 3x3 + conv 1x1",
                                        new Point(macs(conv, 16), 200),
                                        new Point(macs(conv, 32), 500)),
                                layer -> 1)
                        .cost(conv, split(conv, 20)))
                .as("one by one")
                .isEqualTo(200 + 300 / 4);
    }

    @Test
    void blocksAreOfTheLayer() {
        Layer conv = conv(64, 64, 1);
        LatencyCost cost =
                new LatencyCost(table(conv, 1000, "conv 3x3 + conv 1x1", new Point(macs(conv, 32), 500)), layer -> {
                    assertThat(layer).isEqualTo(conv);
                    return 32;
                });

        assertThat(cost.cost(conv, split(conv, 1))).isEqualTo(500);
    }

    /** Of one position. */
    @Test
    void channelsAreRoundedUpInsideAndWhereTheyFillABlock() {
        assertThat(LatencyCost.macs(List.of(at(1, 20, 32, 1)), 16)).isEqualTo(32 * 32);
        assertThat(LatencyCost.macs(List.of(at(1, 32, 20, 1)), 16)).isEqualTo(32 * 32);
        assertThat(LatencyCost.macs(List.of(at(1, 3, 32, 1)), 16)).as("colours").isEqualTo(3 * 32);
        assertThat(LatencyCost.macs(List.of(at(1, 32, 3, 1)), 16)).as("colours").isEqualTo(3 * 32);
        assertThat(LatencyCost.macs(List.of(at(1, 32, 3, 1), at(1, 3, 32, 1)), 16))
                .isEqualTo(2 * 16 * 32);
        assertThat(LatencyCost.macs(List.of(at(1, 3, 3, 1)), 16)).isEqualTo(9);
    }

    @Test
    void groupsAndProductsAreExact() {
        assertThat(LatencyCost.macs(List.of(at(2, 20, 20, 5)), 16)).isEqualTo(20 * 10 * 5);
        assertThat(LatencyCost.macs(split(3), 16)).isEqualTo(6000);
        assertThat(LatencyCost.macs(List.of(), 16)).isZero();
        assertThat(LatencyCost.macs(List.of(sized(Affine.of(20, 20))), 16))
                .as("unknown sizes")
                .isZero();
    }

    @Test
    void transposedConvolutionsAreExact() {
        SizedOp up = new SizedOp(
                new Convolution(new WeightShape(20, 20, List.of(2)), 1, List.of(2), List.of(1), List.of(0), true),
                List.of(1L, 20L, 3L),
                List.of(1L, 20L, 6L),
                ElementType.FLOAT32);
        assertThat(LatencyCost.macs(List.of(up), 16)).isEqualTo(20 * 20 * 2 * 3);
        assertThat(LatencyCost.pattern(List.of(up))).isEqualTo("conv-transpose 2");
    }

    @Test
    void patternsTellKernelsAndGroups() {
        assertThat(LatencyCost.pattern(List.of(at(1, 8, 4, 1), at(2, 4, 8, 1), sized(Affine.of(3, 4)))))
                .isEqualTo("conv 1 + conv 1 grouped + linear");
        assertThat(LatencyCost.pattern(split(conv(64, 64, 1), 5))).isEqualTo("conv 3x3 + conv 1x1");
        assertThat(LatencyCost.pattern(split(conv(64, 64, 1), 50))).isEqualTo("conv 3x3 + conv 1x1");
        assertThat(LatencyCost.pattern(split(conv(64, 64, 2), 5))).isEqualTo("conv 3x3 grouped + conv 1x1 grouped");
        assertThat(LatencyCost.pattern(List.of(sized(Lookup.of(8, 50))))).isEqualTo("embedding");
        assertThat(LatencyCost.pattern(List.of())).isEmpty();
    }

    @Test
    void oneModelOfAMetricIsUsed() {
        Costs costs = Costs.of(SCHEMES).with(measured(1000, TWO, new Point(4000, 600)));
        Choice choice = Choice.of("input-channel", 2);

        assertThat(costs.of(LINEAR)).isEqualTo(cost(10_000, 100, 1000));
        assertThat(costs.of(LINEAR, choice)).isEqualTo(cost(4000, 40, 600));
        Costs other = costs.with(measured(500, TWO, new Point(4000, 200)));
        assertThat(other.of(LINEAR)).isEqualTo(cost(10_000, 100, 500));
        assertThat(other.of(LINEAR, choice)).isEqualTo(cost(4000, 40, 200));
        assertThat(costs.of(LINEAR, choice)).as("the first").isEqualTo(cost(4000, 40, 600));
    }

    private static Cost cost(long mac, long memory, long ns) {
        return new Cost(Map.of(Metric.MAC, mac, Metric.MEMORY, memory, Metric.BYTES, 4 * memory, Metric.LATENCY, ns));
    }

    private static LatencyCost measured(long ns, String pattern, Point... points) {
        return new LatencyCost(table(LINEAR, ns, pattern, points), layer -> 1);
    }

    private static LatencyTable table(Layer layer, long ns, String pattern, Point... points) {
        return new LatencyTable(
                new Conditions("engine", "machine", 1, 1, "x [1]", "ab12"),
                Map.of(layer.id(), new Entry(ns, Map.of(pattern, List.of(points)))));
    }

    private static List<SizedOp> split(int rank) {
        return split(LINEAR, rank);
    }

    private static List<SizedOp> split(Layer layer, int rank) {
        return SCHEMES.of("output-channel")
                .blueprint(Place.of(layer), Choice.of("output-channel", rank))
                .stages()
                .get(layer.id());
    }

    /** Exact ones, of a split of that rank. */
    private static long macs(Layer layer, int rank) {
        return split(layer, rank).stream().mapToLong(SizedOp::macs).sum();
    }

    private static Layer conv(int in, int out, int groups) {
        return Layer.of(
                new LayerId("conv"),
                new Convolution(new WeightShape(out, in / groups, List.of(3, 3)), groups, List.of(1, 1)),
                List.of(1L, (long) in, 10L, 10L),
                List.of(1L, (long) out, 8L, 8L));
    }

    private static SizedOp at(int groups, int in, int out, long positions) {
        return new SizedOp(
                new Convolution(new WeightShape(out, in / groups, List.of(1)), groups, List.of(1)),
                List.of(1L, (long) in, positions),
                List.of(1L, (long) out, positions),
                ElementType.FLOAT32);
    }

    private static SizedOp sized(Op op) {
        return new SizedOp(op, List.of(), List.of(), ElementType.FLOAT32);
    }
}
