package dev.wsvd.domain.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which stages can stand in a layer's place. */
class ReplacementTest {
    private static final Convolution CONV =
            new Convolution(new WeightShape(8, 4, List.of(3, 2)), 1, List.of(2, 1), List.of(1, 1), List.of(0, 1));
    private static final Convolution IN = CONV.along(dim -> false, 3, 4);
    private static final Convolution WHOLE = CONV.along(dim -> true, 5, 3);
    private static final Convolution OUT = CONV.along(dim -> false, 8, 5);

    @Test
    void anyNumberOfStagesThatFitIsTaken() {
        assertThat(of(CONV, CONV).parts()).hasSize(1);
        assertThat(of(CONV, CONV.along(dim -> dim == 0, 3, 4), CONV.along(dim -> dim == 1, 8, 3))
                        .parts())
                .hasSize(2);
        assertThat(of(CONV, IN, WHOLE, OUT).parts()).hasSize(3);
        assertThat(of(Affine.of(8, 4), Affine.of(3, 4), Affine.of(8, 3)).parts())
                .hasSize(2);
        assertThat(of(Lookup.of(8, 40), Lookup.of(3, 40), Affine.of(8, 3)).parts())
                .hasSize(2);
    }

    @Test
    void oneStageAtLeastIsNeeded() {
        refused("there is no stage", Affine.of(4, 4));
    }

    @Test
    void channelsFollowEachOther() {
        refused("a stage takes 4 channels where it gets 3", CONV, IN, CONV.along(dim -> true, 8, 4));
        refused("the last stage gives 5 channels", CONV, IN, WHOLE);
    }

    @Test
    void stagesAreOfTheLayersKind() {
        refused("stage 2 is 'linear' with a weight of shape 8×3 where the layer is 'conv'", CONV, IN, Affine.of(8, 3));
        refused(
                "stage 1 is 'conv' with a weight of shape 8×4×3 where the layer is 'conv'",
                CONV,
                new Convolution(new WeightShape(8, 4, List.of(3)), 1, List.of(2)));
        refused(
                "stage 1 is 'embedding' with a weight of shape 8×4 where the layer is 'linear'",
                Affine.of(8, 4),
                Lookup.of(8, 4));
        refused(
                "stage 2 is 'embedding' with a weight of shape 8×3 where the layer is 'embedding'",
                Lookup.of(8, 4),
                Lookup.of(3, 4),
                Lookup.of(8, 3));
    }

    @Test
    void oneStageMovesAlongEachDimAsTheLayerDoes() {
        refused(
                "not exactly one stage moves along spatial dim 0 as the layer does",
                CONV,
                IN,
                CONV.along(d -> d == 1, 8, 3));
        refused(
                "not exactly one stage moves along spatial dim 1 as the layer does",
                CONV,
                WHOLE.along(d -> d == 1, 3, 4),
                CONV.along(d -> true, 8, 3));
        Convolution slower = new Convolution(CONV.weight(), 1, List.of(1, 1), CONV.dilation(), CONV.padding());
        refused("not exactly one stage moves along spatial dim 0 as the layer does", CONV, slower);
        Convolution pointwise = new Convolution(new WeightShape(8, 4, List.of(1, 1)), 1, List.of(1, 1));
        refused("not exactly one stage moves along spatial dim 0 as the layer does", pointwise, CONV);
    }

    @Test
    void onlyTheLastStageCorrectsTheBias() {
        Stage first = new Stage(IN, zeros(IN), Optional.of(new float[3]));
        Convolution last = CONV.along(dim -> true, 8, 3);
        assertThatThrownBy(() -> of(CONV, List.of(first, new Stage(last, zeros(last), Optional.empty()))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message(CONV, "a stage before the last has a bias correction"));
        Stage corrected = new Stage(last, zeros(last), Optional.of(new float[8]));
        assertThat(of(CONV, List.of(new Stage(IN, zeros(IN), Optional.empty()), corrected))
                        .parts())
                .contains(corrected);
    }

    @Test
    void aReplacementOfSeveralLayersHasNoSingleOne() {
        Layer one = Layer.of(new LayerId("a"), Affine.of(3, 6), List.of(), List.of());
        Layer other = Layer.of(new LayerId("b"), Affine.of(2, 3), List.of(), List.of());
        Replacement both = new Replacement(
                Choice.of("mine", 3),
                Map.of(
                        one, List.of(new Stage(one.op(), zeros(one.op()), Optional.empty())),
                        other, List.of(new Stage(other.op(), zeros(other.op()), Optional.empty()))),
                0);

        assertThat(both.stages()).hasSize(2);
        assertThatThrownBy(both::layer)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("A replacement by mine rank 3 is of 2 layers.");
    }

    @Test
    void aStagesSizesMustFitItsOp() {
        Op op = Affine.of(3, 2);
        Weights transposed = Weights.of(WeightShape.linear(2, 3), new float[6]);
        assertThatThrownBy(() -> new Stage(op, transposed, Optional.empty()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A stage (linear) needs a weight of shape 3×2, found 2×3.");
        assertThatThrownBy(() -> new Stage(op, zeros(op), Optional.of(new float[2])))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A stage (linear, weight 3×2) needs a bias correction of 3 elements, found 2.");
    }

    private static void refused(String problem, Op whole, Op... stages) {
        assertThatThrownBy(() -> of(whole, stages))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message(whole, problem));
    }

    private static String message(Op whole, String problem) {
        return "The stages for layer 'a' (" + whole.weight() + ", mine rank 3) do not fit: " + problem + ".";
    }

    private static Replacement of(Op whole, Op... stages) {
        return of(
                whole,
                Arrays.stream(stages)
                        .map(op -> new Stage(op, zeros(op), Optional.empty()))
                        .toList());
    }

    private static Replacement of(Op whole, List<Stage> stages) {
        Layer layer = Layer.of(new LayerId("a"), whole, List.of(), List.of());
        return Replacement.of(layer, Choice.of("mine", 3), stages, 0);
    }

    private static Weights zeros(Op op) {
        return Weights.of(op.weight(), new float[(int) op.weight().elements()]);
    }
}
