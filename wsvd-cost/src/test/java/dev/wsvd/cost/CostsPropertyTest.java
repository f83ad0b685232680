package dev.wsvd.cost;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.factorization.SpatialSvd;
import dev.wsvd.factorization.WeightSvd;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CostsPropertyTest {
    private static final Schemes SCHEMES = new Schemes(List.of(new WeightSvd(), new SpatialSvd()));
    private static final Costs COSTS = Costs.of(SCHEMES);

    @Property
    void costRisesWithTheRank(@ForAll("layers") Layer layer, @ForAll("forms") String form) {
        List<Cost> costs = choices(layer, form).stream()
                .map(choice -> COSTS.of(layer, choice))
                .toList();
        for (int i = 1; i < costs.size(); i++) {
            for (Metric metric : costs.get(i).metrics()) {
                assertThat(costs.get(i).of(metric))
                        .isGreaterThan(costs.get(i - 1).of(metric));
            }
        }
    }

    @Property
    void costIsThatOfTheStages(@ForAll("layers") Layer layer, @ForAll("forms") String form) {
        List<Choice> choices = choices(layer, form);
        Assume.that(!choices.isEmpty());
        Choice largest = choices.get(choices.size() - 1);
        List<SizedOp> stages =
                SCHEMES.blueprint(Place.of(layer), largest).stages().get(layer.id());
        long first = stages.get(0).op().weight().elements();
        long second = stages.get(1).op().weight().elements();

        Cost cost = COSTS.of(layer, largest);

        assertThat(stages).hasSize(2);
        assertThat(cost.of(Metric.MEMORY)).isEqualTo(first + second);
        assertThat(cost.of(Metric.MAC)).isEqualTo(first * between(layer, form) + second * layer.outputPositions());
        assertThat(cost.of(Metric.BYTES)).isEqualTo(4 * (first + second));
    }

    private static long between(Layer layer, String form) {
        long positions = 1;
        for (int dim = 2; dim < layer.inputShape().size(); dim++) {
            boolean inFirst = form.equals("output-channel") || form.equals("spatial") && dim == 2;
            positions *= (inFirst ? layer.outputShape() : layer.inputShape()).get(dim);
        }
        return positions;
    }

    private static List<Choice> choices(Layer layer, String form) {
        return SCHEMES.of(form).choices(layer, form, 1);
    }

    @Provide
    Arbitrary<String> forms() {
        return Arbitraries.of(SCHEMES.forms());
    }

    @Provide
    Arbitrary<Layer> layers() {
        Arbitrary<Integer> channels = Arbitraries.integers().between(1, 40);
        Arbitrary<List<Integer>> kernels =
                Arbitraries.integers().between(1, 5).list().ofMinSize(1).ofMaxSize(3);
        Arbitrary<List<Long>> sides = Arbitraries.longs().between(1, 30).list().ofSize(3);
        return Combinators.combine(channels, channels, Arbitraries.integers().between(1, 4), kernels, sides, sides)
                .as((out, in, groups, kernel, inSides, outSides) -> Layer.of(
                        new LayerId("layer"),
                        new Convolution(
                                new WeightShape(out * groups, in, kernel),
                                groups,
                                Collections.nCopies(kernel.size(), 1)),
                        shape((long) in * groups, inSides.subList(0, kernel.size())),
                        shape((long) out * groups, outSides.subList(0, kernel.size()))));
    }

    private static List<Long> shape(long channels, List<Long> sides) {
        return Stream.concat(Stream.of(1L, channels), sides.stream()).toList();
    }
}
