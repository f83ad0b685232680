package dev.wsvd.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision.Change;
import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.factorization.EmbeddingSvd;
import dev.wsvd.factorization.SpatialSvd;
import dev.wsvd.factorization.Tucker2;
import dev.wsvd.factorization.WeightSvd;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CostsTest {
    private static final Schemes SCHEMES = new Schemes(List.of(new WeightSvd(), new SpatialSvd()));
    private static final Costs COSTS = Costs.of(SCHEMES);

    /** Stride 2 without padding: 10×10 in, 4×4 out, so P_in = 100 is not P_out · stride². */
    private static final Layer STRIDED = conv("strided", new WeightShape(6, 4, List.of(3, 3)), 1, 10, 4);

    private static final Layer GROUPED = conv("grouped", new WeightShape(6, 4, List.of(3, 3)), 2, 8, 8);

    private static final Layer LINEAR =
            Layer.of(new LayerId("linear"), Affine.of(10, 20), List.of(1L, 7L, 20L), List.of(1L, 7L, 10L));

    @Test
    void denseCostIsWeightElementsTimesOutputPositions() {
        assertThat(COSTS.of(STRIDED)).isEqualTo(cost(6 * 4 * 9 * 16, 6 * 4 * 9));
        assertThat(COSTS.of(GROUPED)).isEqualTo(cost(6 * 4 * 9 * 64, 6 * 4 * 9));
        assertThat(COSTS.of(LINEAR)).isEqualTo(cost(10 * 20 * 7, 10 * 20));
    }

    @Test
    void whatReplacesALayerIsStoredInInt8WhereThatIsWantedAndTheLayerItselfIsNot() {
        Costs int8 = COSTS.withInt8(Set.of(LINEAR.id()));
        Choice choice = Choice.of("input-channel", 2);

        assertThat(int8.of(LINEAR)).isEqualTo(COSTS.of(LINEAR));
        assertThat(int8.of(LINEAR, choice).of(Metric.BYTES)).isEqualTo(2 * (10 + 20));
        assertThat(COSTS.of(LINEAR, choice).of(Metric.BYTES)).isEqualTo(4 * 2 * (10 + 20));
        assertThat(int8.of(LINEAR, choice).of(Metric.MAC))
                .isEqualTo(COSTS.of(LINEAR, choice).of(Metric.MAC));
        assertThat(int8.of(LINEAR, new Shrink(3, 0)).of(Metric.BYTES)).isEqualTo(7 * 20);
        assertThat(int8.of(STRIDED, choice)).isEqualTo(COSTS.of(STRIDED, choice));
    }

    @Test
    void anEmbeddingCostsNoMacs() {
        Layer table = Layer.of(new LayerId("table"), Lookup.of(8, 1000), List.of(1L, 7L), List.of(1L, 7L, 8L));
        assertThat(COSTS.of(table)).isEqualTo(cost(0, 8 * 1000));
    }

    @Test
    void inputChannelSplitRunsItsFirstLayerOnTheTrueInputPositions() {
        assertThat(COSTS.of(STRIDED, Choice.of("input-channel", 2)))
                .isEqualTo(cost(2 * 4 * 100 + 2 * 6 * 9 * 16, 2 * (4 + 6 * 9)));
    }

    @Test
    void outputChannelSplitRunsBothLayersOnTheOutputPositions() {
        assertThat(COSTS.of(STRIDED, Choice.of("output-channel", 2)))
                .isEqualTo(cost(2 * (4 * 9 + 6) * 16, 2 * (4 * 9 + 6)));
    }

    @Test
    void spatialSplitRunsItsFirstLayerOnTheRowsOfTheOutputAndTheColumnsOfTheInput() {
        assertThat(COSTS.of(STRIDED, Choice.of("spatial", 2)))
                .isEqualTo(cost(2 * 4 * 3 * (4 * 10) + 2 * 6 * 3 * 16, 2 * (4 * 3 + 6 * 3)));
        assertThat(COSTS.of(GROUPED, Choice.of("spatial", 2)))
                .isEqualTo(cost(2 * 2 * (4 * 3 + 3 * 3) * 64, 2 * 2 * (4 * 3 + 3 * 3)));
    }

    @Test
    void tuckerSplitRunsItsFirstLayerOnTheInputPositionsAndTheOthersOnThoseOfTheOutput() {
        Costs costs = Costs.of(new Schemes(List.of(new Tucker2())));
        Choice choice = new Choice("tucker-2", List.of(2, 3));

        assertThat(costs.of(STRIDED, choice))
                .isEqualTo(cost(2 * 4 * 100 + 2 * 3 * 9 * 16 + 3 * 6 * 16, 2 * 4 + 2 * 3 * 9 + 3 * 6));
        assertThat(costs.of(GROUPED, choice))
                .isEqualTo(cost(2 * (2 * 4 + 2 * 3 * 9 + 3 * 3) * 64, 2 * (2 * 4 + 2 * 3 * 9 + 3 * 3)));
    }

    @Test
    void aSmallerTableCostsTheProductBehindIt() {
        Layer table = Layer.of(new LayerId("table"), Lookup.of(8, 1000), List.of(1L, 7L), List.of(1L, 7L, 8L));
        Costs costs = Costs.of(new Schemes(List.of(new EmbeddingSvd())));

        assertThat(costs.of(table, Choice.of("embedding", 2))).isEqualTo(cost(2 * 8 * 7, 2 * 1000 + 2 * 8));
    }

    @Test
    void whatIsTransposedRunsOnThePositionsOfItsInput() {
        Layer up = transposed(1);
        assertThat(COSTS.of(up)).isEqualTo(cost(6 * 4 * 9 * 16, 6 * 4 * 9));
        assertThat(COSTS.of(up, Choice.of("input-channel", 2))).isEqualTo(cost(2 * (4 + 6 * 9) * 16, 2 * (4 + 6 * 9)));
        assertThat(COSTS.of(up, Choice.of("output-channel", 2)))
                .isEqualTo(cost(2 * 4 * 9 * 16 + 2 * 6 * 100, 2 * (4 * 9 + 6)));
        assertThat(COSTS.of(up, Choice.of("spatial", 2)))
                .isEqualTo(cost(2 * 4 * 3 * 16 + 2 * 6 * 3 * (10 * 4), 2 * (4 * 3 + 6 * 3)));
        assertThat(Costs.of(new Schemes(List.of(new Tucker2()))).of(up, new Choice("tucker-2", List.of(2, 3))))
                .isEqualTo(cost((2 * 4 + 2 * 3 * 9) * 16 + 3 * 6 * 100, 2 * 4 + 2 * 3 * 9 + 3 * 6));
        assertThat(COSTS.of(transposed(2), Choice.of("output-channel", 2)))
                .isEqualTo(cost(2 * 2 * 4 * 9 * 16 + 2 * 2 * 3 * 100, 2 * 2 * (4 * 9 + 3)));
    }

    /** 4×4 in, 10×10 out. */
    private static Layer transposed(int groups) {
        Convolution op = new Convolution(
                new WeightShape(6, 4, List.of(3, 3)), groups, List.of(2, 2), List.of(1, 1), List.of(0, 0), true);
        return Layer.of(new LayerId("up"), op, List.of(1L, 4L * groups, 4L, 4L), List.of(1L, 6L, 10L, 10L));
    }

    @Test
    void rankOfAGroupedConvIsPerGroup() {
        assertThat(COSTS.of(GROUPED, Choice.of("input-channel", 2)))
                .isEqualTo(cost(2 * 2 * (4 + 3 * 9) * 64, 2 * 2 * (4 + 3 * 9)));
        assertThat(COSTS.of(GROUPED, Choice.of("output-channel", 2)))
                .isEqualTo(cost(2 * 2 * (4 * 9 + 3) * 64, 2 * 2 * (4 * 9 + 3)));
    }

    @Test
    void aProductRunsAtEveryPositionBeforeTheFeatures() {
        Layer attention =
                Layer.of(new LayerId("product"), Affine.of(10, 20), List.of(1L, 7L, 3L, 20L), List.of(1L, 7L, 3L, 10L));

        assertThat(COSTS.of(attention)).isEqualTo(cost(10 * 20 * 21, 10 * 20));
        for (String form : List.of("input-channel", "output-channel")) {
            assertThat(COSTS.of(attention, Choice.of(form, 3))).isEqualTo(cost(3 * 30 * 21, 3 * 30));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16"})
    void bytesAreThoseOfTheTypeThatAWeightIsStoredIn(ElementType type) {
        Layer half = new Layer(
                LINEAR.id(),
                LINEAR.op(),
                LINEAR.inputShape(),
                LINEAR.outputShape(),
                type,
                Optional.empty(),
                Optional.empty());

        assertThat(COSTS.of(LINEAR).of(Metric.BYTES)).isEqualTo(4 * 10 * 20);
        assertThat(COSTS.of(half).of(Metric.BYTES)).isEqualTo(2 * 10 * 20);
        assertThat(COSTS.of(half, Choice.of("input-channel", 3)).of(Metric.BYTES))
                .isEqualTo(2 * 3 * 30);
        assertThat(COSTS.of(half).of(Metric.MEMORY)).isEqualTo(10 * 20);
    }

    @Test
    void bytesOfAPackedWeightAreThoseThatItTakesAsItIs() {
        Layer packed = new Layer(
                LINEAR.id(),
                LINEAR.op(),
                LINEAR.inputShape(),
                LINEAR.outputShape(),
                ElementType.UINT8,
                Optional.empty(),
                Optional.empty(),
                OptionalLong.of(117));

        assertThat(COSTS.of(packed).of(Metric.BYTES)).isEqualTo(117);
        assertThat(COSTS.of(packed.unsupported("it is quantised")).of(Metric.BYTES))
                .isEqualTo(117);
        assertThat(COSTS.of(packed, Choice.of("input-channel", 3)).of(Metric.BYTES))
                .isEqualTo(3 * 30);
    }

    @Test
    void eachModelCountsItsOwnMetric() {
        Costs macs = new Costs(List.of(new MacCost()), SCHEMES);

        assertThat(macs.of(STRIDED)).isEqualTo(new Cost(Map.of(Metric.MAC, 6 * 4 * 9 * 16L)));
        assertThat(new MemoryCost().metric()).isEqualTo(Metric.MEMORY);
        assertThat(new BytesCost().metric()).isEqualTo(Metric.BYTES);
        assertThat(new MemoryCost().cost(STRIDED, List.of(STRIDED.sized(), LINEAR.sized())))
                .isEqualTo(6 * 4 * 9 + 10 * 20);
        assertThat(new BytesCost().cost(STRIDED, List.of(STRIDED.sized(), LINEAR.sized())))
                .isEqualTo(4 * (6 * 4 * 9 + 10 * 20));
        assertThat(new MacCost().cost(STRIDED, List.of())).isZero();
    }

    @Test
    void modelCostCountsEveryLayerSplitOrNot() {
        List<Layer> model = List.of(STRIDED, GROUPED, LINEAR);
        Plan plan = new Plan(
                Map.of(LINEAR.id(), new Change(Choice.of("output-channel", 3)), STRIDED.id(), new Keep("ignored")));

        assertThat(COSTS.of(model))
                .isEqualTo(COSTS.of(STRIDED).plus(COSTS.of(GROUPED)).plus(COSTS.of(LINEAR)));
        assertThat(COSTS.of(model.stream().map(Place::of).toList(), plan))
                .isEqualTo(COSTS.of(STRIDED).plus(COSTS.of(GROUPED)).plus(cost(3 * 30 * 7, 3 * 30)));
        assertThat(COSTS.of(List.<Layer>of())).isEqualTo(cost(0, 0));
    }

    @Test
    void whatSavesWeightsNeedNotSaveMacs() {
        // A 7×7 kernel over 10×10 positions that leaves one: the 1×1 first layer works on all 100.
        Layer shrinking = conv("shrinking", new WeightShape(4, 4, List.of(7, 7)), 1, 10, 1);

        assertThat(largestSaving(shrinking, "input-channel", Metric.MEMORY)).isEqualTo(3);
        assertThat(largestSaving(shrinking, "input-channel", Metric.MAC)).isEqualTo(1);
    }

    @Test
    void noRankAboveWhatTheMatrixHas() {
        // Padded from 1 to 100 positions, rank 66 would be within the cost, but a 100 × 2 matrix has two directions.
        Layer padded = conv("padded", new WeightShape(2, 100, List.of(1, 1)), 1, 1, 10);

        assertThat(largestSaving(padded, "input-channel", Metric.MAC)).isEqualTo(2);
    }

    @Test
    void aSplitThatOnlyBreaksEvenDoesNotSave() {
        // r (2 + 2) = 4 at rank 1.
        Layer square = Layer.of(new LayerId("square"), Affine.of(2, 2), List.of(1L, 2L), List.of(1L, 2L));

        assertThat(largestSaving(square, "input-channel", Metric.MEMORY)).isZero();
    }

    @Test
    void nothingSavesMacsWhereSizesAreUnknown() {
        for (Layer unknown : List.of(
                conv("in", new WeightShape(64, 64, List.of(3, 3)), List.of(), List.of(1L, 64L, 8L, 8L)),
                conv("out", new WeightShape(64, 64, List.of(3, 3)), List.of(1L, 64L, 8L, 8L), List.of()))) {
            for (String form : SCHEMES.forms()) {
                assertThat(COSTS.of(unknown)).isEqualTo(cost(0, 64 * 64 * 9));
                int perRank = form.equals("spatial") ? 64 * 6 : 64 * 10;
                assertThat(COSTS.of(unknown, Choice.of(form, 3))).isEqualTo(cost(0, 3 * perRank));
                assertThat(largestSaving(unknown, form, Metric.MAC)).isZero();
                assertThat(largestSaving(unknown, form, Metric.MEMORY)).isEqualTo(form.equals("spatial") ? 95 : 57);
            }
        }
    }

    @Test
    void aProductOfUnknownSizesCostsNoMacsEither() {
        for (Layer unknown : List.of(
                Layer.of(new LayerId("in"), Affine.of(10, 20), List.of(), List.of(1L, 7L, 10L)),
                Layer.of(new LayerId("out"), Affine.of(10, 20), List.of(1L, 7L, 20L), List.of()))) {
            assertThat(COSTS.of(unknown)).isEqualTo(cost(0, 10 * 20));
            for (String form : List.of("input-channel", "output-channel")) {
                assertThat(COSTS.of(unknown, Choice.of(form, 3))).isEqualTo(cost(0, 3 * 30));
            }
        }
    }

    @Test
    void costsThatCannotBeCountedAreRefused() {
        List<Long> huge = List.of(1L, 64L, 1L << 40, 1L << 10);
        Layer layer = conv("huge", new WeightShape(1 << 10, 1 << 10, List.of(3, 3)), huge, huge);

        String message = "Layer 'huge' (1024×1024×3×3, input [1, 64, 1099511627776, 1024], output [1, 64,"
                + " 1099511627776, 1024]) brings the cost above 9223372036854775807, more than can be counted.";
        assertThatThrownBy(() -> COSTS.of(layer))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> COSTS.of(layer, Choice.of("output-channel", 1000)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }

    @Test
    void theLayerThatBringsASumBeyondWhatCanBeCountedIsNamed() {
        List<Long> large = List.of(1L, 1L, 1L << 31, 1L << 31);
        Layer first = conv("first", new WeightShape(1, 1, List.of(1, 1)), large, large);
        Layer second = conv("second", new WeightShape(1, 1, List.of(1, 1)), large, large);

        assertThat(COSTS.of(List.of(first)).of(Metric.MAC)).isEqualTo(1L << 62);
        assertThatThrownBy(() -> COSTS.of(List.of(first, second)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'second' (1×1×1×1, input [1, 1, 2147483648, 2147483648], output [1, 1, 2147483648,"
                        + " 2147483648]) brings the cost above 9223372036854775807, more than can be counted.");
    }

    /** The largest rank that costs less than the layer, 0 if none does. */
    private static int largestSaving(Layer layer, String form, Metric metric) {
        return SCHEMES.of(form).choices(layer, form, 1).stream()
                .filter(choice ->
                        COSTS.of(layer, choice).of(metric) < COSTS.of(layer).of(metric))
                .mapToInt(Choice::rank)
                .max()
                .orElse(0);
    }

    /** Of float32 weights. */
    private static Cost cost(long mac, long memory) {
        return new Cost(Map.of(Metric.MAC, mac, Metric.MEMORY, memory, Metric.BYTES, 4 * memory));
    }

    private static Layer conv(String name, WeightShape weight, int groups, long inSide, long outSide) {
        return Layer.of(
                new LayerId(name),
                new Convolution(weight, groups, List.of(1, 1)),
                List.of(1L, (long) weight.inPerGroup() * groups, inSide, inSide),
                List.of(1L, (long) weight.out(), outSide, outSide));
    }

    private static Layer conv(String name, WeightShape weight, List<Long> input, List<Long> output) {
        return Layer.of(new LayerId(name), new Convolution(weight, 1, List.of(1, 1)), input, output);
    }
}
