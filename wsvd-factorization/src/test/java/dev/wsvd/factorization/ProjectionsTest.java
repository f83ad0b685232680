package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ProjectionsTest {
    static Stream<Arguments> stages() {
        return Stream.of(1, 2)
                .flatMap(groups -> Stream.of(
                        Arguments.of(
                                "taps last", groups, 6, List.of(conv(groups, 3, 4, 1, 1), conv(groups, 5, 3, 2, 3))),
                        Arguments.of(
                                "taps first", groups, 1, List.of(conv(groups, 3, 4, 2, 3), conv(groups, 5, 3, 1, 1))),
                        Arguments.of(
                                "rows, columns",
                                groups,
                                3,
                                List.of(conv(groups, 3, 4, 2, 1), conv(groups, 5, 3, 1, 3))),
                        Arguments.of(
                                "taps in the middle",
                                groups,
                                1,
                                List.of(conv(groups, 3, 4, 1, 1), conv(groups, 2, 3, 2, 3), conv(groups, 5, 2, 1, 1))),
                        Arguments.of(
                                "a kernel per channel in the middle",
                                groups,
                                1,
                                List.of(
                                        conv(groups, 3, 4, 1, 1),
                                        conv(3 * groups, 1, 1, 2, 3),
                                        conv(groups, 5, 3, 1, 1))),
                        Arguments.of(
                                "groups of two before",
                                groups,
                                6,
                                List.of(conv(2 * groups, 3, 2, 1, 1), conv(groups, 5, 6, 2, 3))),
                        Arguments.of(
                                "taps last of three",
                                groups,
                                6,
                                List.of(conv(groups, 3, 4, 1, 1), conv(groups, 2, 3, 1, 1), conv(groups, 5, 2, 2, 3))),
                        Arguments.of(
                                "taps first of three",
                                groups,
                                1,
                                List.of(conv(groups, 3, 4, 2, 3), conv(groups, 2, 3, 1, 1), conv(groups, 5, 2, 1, 1))),
                        Arguments.of(
                                "rows in the middle, columns last",
                                groups,
                                3,
                                List.of(
                                        conv(groups, 3, 4, 1, 1),
                                        conv(groups, 2, 3, 2, 1),
                                        conv(groups, 5, 2, 1, 3)))));
    }

    /** W' = B (P ⊗ I_J) with the last stage's B, and W' by plain loops over the stages' channels and taps. */
    @ParameterizedTest(name = "{0}, {1} groups")
    @MethodSource("stages")
    void theLastStageAfterTheProjectionIsAllStages(String name, int groups, int taps, List<Op> ops) {
        Replacement replacement = replacement(conv(groups, 5, 4, 2, 3), ops);

        Projection projection =
                Projections.of(replacement, new PlainLinearAlgebra()).orElseThrow();

        Stage last = replacement.parts().get(ops.size() - 1);
        int rank = last.op().weight().inPerGroup();
        float[] b = last.weights().all();
        float[] all = Composition.of(replacement);
        int patch = 4 * 2 * 3;
        assertThat(projection.byGroup()).hasSize(groups);
        assertThat(projection.taps()).isEqualTo(taps);
        assertThat(projection.width()).isEqualTo(rank * taps);
        for (int i = 0; i < all.length; i++) {
            int o = i / patch;
            int d = i % patch / taps;
            int j = i % taps;
            double product = 0;
            for (int r = 0; r < rank; r++) {
                product += b[(o * rank + r) * taps + j]
                        * projection.byGroup().get(o / 5).get(r, d);
            }
            assertThat(product).isCloseTo(all[i], within(1e-5));
        }
    }

    @Test
    void productsAreProjectedToo() {
        Replacement replacement = replacement(Affine.of(5, 4), List.of(Affine.of(3, 4), Affine.of(5, 3)));

        Projection projection =
                Projections.of(replacement, new PlainLinearAlgebra()).orElseThrow();

        float[] first = replacement.parts().get(0).weights().all();
        assertThat(projection.taps()).isEqualTo(1);
        for (int i = 0; i < first.length; i++) {
            assertThat(projection.byGroup().get(0).data()[i]).isEqualTo(first[i]);
        }
    }

    @Test
    void whatIsNoProjectionHasNone() {
        assertNone(conv(1, 5, 4, 2, 3), List.of(conv(1, 5, 4, 2, 3)));
        assertNone(conv(1, 5, 4, 2, 3), List.of(conv(1, 3, 4, 2, 1), conv(1, 2, 3, 1, 3), conv(1, 5, 2, 1, 1)));
        assertNone(Lookup.of(8, 100), List.of(Lookup.of(3, 100), Affine.of(8, 3)));
        assertNone(conv(2, 5, 4, 2, 3), List.of(conv(1, 6, 8, 1, 1), conv(2, 5, 3, 2, 3)));
        assertNone(conv(1, 6, 4, 2, 3), List.of(conv(1, 4, 4, 2, 3), conv(2, 3, 2, 1, 1)));
    }

    private static void assertNone(Op whole, List<Op> ops) {
        assertThat(Projections.of(replacement(whole, ops), new PlainLinearAlgebra()))
                .isEqualTo(Optional.empty());
    }

    private static Replacement replacement(Op whole, List<Op> ops) {
        Layer layer = Layer.of(new LayerId("layer"), whole, List.of(), List.of());
        Random random = new Random(3);
        List<Stage> stages = ops.stream().map(op -> stage(op, random)).toList();
        return Replacement.of(layer, Choice.of("some", 1), stages, 0);
    }

    private static Stage stage(Op op, Random random) {
        float[] values = new float[(int) op.weight().elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Stage(op, values);
    }

    /** Channels per group. */
    private static Op conv(int groups, int out, int in, int height, int width) {
        return new Convolution(new WeightShape(groups * out, in, List.of(height, width)), groups, List.of(1, 1));
    }
}
