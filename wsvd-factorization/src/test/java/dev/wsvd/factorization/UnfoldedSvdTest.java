package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.tensor.ElementType;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The stages multiply to the weight, for every way a weight can lie. */
class UnfoldedSvdTest {
    static final Schemes SCHEMES = new Schemes(List.of(new WeightSvd(), new SpatialSvd()));

    private static final LinearAlgebra LINEAR_ALGEBRA = new PlainLinearAlgebra();

    static Stream<Arguments> weights() {
        return Stream.of(
                        Arguments.of(new WeightShape(6, 4, List.of(3, 3)), 1),
                        Arguments.of(new WeightShape(4, 90, List.of(3, 3)), 1),
                        Arguments.of(new WeightShape(90, 2, List.of(3)), 1),
                        Arguments.of(new WeightShape(2, 40, List.of(1, 2)), 1),
                        Arguments.of(new WeightShape(5, 2, List.of(4, 3)), 1),
                        Arguments.of(new WeightShape(6, 5, List.of(2, 5)), 2),
                        Arguments.of(new WeightShape(12, 4, List.of(3, 3)), 3),
                        Arguments.of(new WeightShape(6, 5, List.of(2, 2, 2)), 2),
                        Arguments.of(WeightShape.linear(5, 9), 1),
                        Arguments.of(WeightShape.linear(9, 5), 1),
                        Arguments.of(WeightShape.linear(1, 7), 1))
                .flatMap(a -> SCHEMES.forms().stream()
                        .filter(form -> !choices(layer((WeightShape) a.get()[0], (int) a.get()[1]), form)
                                .isEmpty())
                        .map(form -> Arguments.of(a.get()[0], a.get()[1], form)));
    }

    @ParameterizedTest
    @MethodSource("weights")
    void atFullRankTheStagesMultiplyToTheWeight(WeightShape shape, int groups, String form) {
        Layer layer = layer(shape, groups);
        float[] weight = random(shape);
        Choice full = largest(layer, form);

        Replacement replacement = factor(layer, weight, full).at(full);

        float[] product = Composition.of(replacement);
        assertThat(product).hasSameSizeAs(weight);
        for (int i = 0; i < weight.length; i++) {
            assertThat(product[i]).isCloseTo(weight[i], within(1e-5f));
        }
        assertThat(replacement.predictedError()).isZero();
    }

    @ParameterizedTest
    @MethodSource("weights")
    void theErrorOfARankIsTheDistanceOfTheProductFromTheWeight(WeightShape shape, int groups, String form) {
        Layer layer = layer(shape, groups);
        float[] weight = random(shape);
        Factors factors = factor(layer, weight, largest(layer, form));

        for (Choice choice : choices(layer, form)) {
            float[] product = Composition.of(factors.at(choice));
            double distance = 0;
            double norm = 0;
            for (int i = 0; i < weight.length; i++) {
                distance += Math.pow(product[i] - weight[i], 2);
                norm += Math.pow(weight[i], 2);
            }
            assertThat(factors.error(choice)).isCloseTo(Math.sqrt(distance / norm), within(1e-5));
            assertThat(factors.at(choice).predictedError()).isEqualTo(factors.error(choice));
        }
    }

    /** Read in pieces of output channels, of which the last is smaller. */
    @Test
    void aProductOfManyOutputsIsReadWhole() {
        WeightShape shape = WeightShape.linear(2_500, 3);
        Layer layer = layer(shape, 1);
        float[] weight = random(shape);

        float[] product = Composition.of(
                factor(layer, weight, Choice.of("input-channel", 3)).at(Choice.of("input-channel", 3)));

        for (int i = 0; i < weight.length; i++) {
            assertThat(product[i]).isCloseTo(weight[i], within(1e-5f));
        }
    }

    @ParameterizedTest
    @MethodSource("weights")
    void whatIsMadeIsWhatTheBlueprintSays(WeightShape shape, int groups, String form) {
        Layer layer = layer(shape, groups);
        Choice choice = choices(layer, form).get(0);

        assertThat(factor(layer, random(shape), choice).at(choice).parts())
                .extracting(Stage::op)
                .isEqualTo(SCHEMES.blueprint(Place.of(layer), choice).stages().get(layer.id()).stream()
                        .map(SizedOp::op)
                        .toList());
    }

    @Test
    void choicesAreAllRanksUpToTheShorterSideOfTheUnfoldedMatrixOfAGroup() {
        Layer grouped = layer(new WeightShape(8, 40, List.of(3, 3)), 2);

        assertThat(choices(grouped, "input-channel")).hasSize(36);
        assertThat(choices(grouped, "output-channel"))
                .containsExactlyElementsOf(Stream.of(1, 2, 3, 4)
                        .map(rank -> Choice.of("output-channel", rank))
                        .toList());
        assertThat(choices(grouped, "spatial")).hasSize(12);
        assertThat(new WeightSvd().choices(grouped, "input-channel", 16))
                .containsExactly(Choice.of("input-channel", 16), Choice.of("input-channel", 32));
        assertThat(new WeightSvd().choices(grouped, "output-channel", 5)).isEmpty();
    }

    @Test
    void eachStageMovesAlongItsDimsAsTheLayerDoes() {
        Convolution op =
                new Convolution(new WeightShape(6, 4, List.of(3, 5)), 2, List.of(2, 1), List.of(1, 2), List.of(1, 4));
        Layer layer = new Layer(
                new LayerId("conv"),
                op,
                List.of(1L, 8L, 20L, 30L),
                List.of(1L, 6L, 10L, 30L),
                ElementType.FLOAT16,
                Optional.empty(),
                Optional.empty());

        assertThat(stages(layer, Choice.of("input-channel", 2)))
                .containsExactly(
                        new SizedOp(
                                new Convolution(new WeightShape(4, 4, List.of(1, 1)), 2, List.of(1, 1)),
                                layer.inputShape(),
                                List.of(1L, 4L, 20L, 30L),
                                ElementType.FLOAT16),
                        new SizedOp(
                                op.along(dim -> true, 6, 2),
                                List.of(1L, 4L, 20L, 30L),
                                layer.outputShape(),
                                ElementType.FLOAT16));
        assertThat(stages(layer, Choice.of("output-channel", 2)))
                .containsExactly(
                        new SizedOp(
                                op.along(dim -> true, 4, 4),
                                layer.inputShape(),
                                List.of(1L, 4L, 10L, 30L),
                                ElementType.FLOAT16),
                        new SizedOp(
                                new Convolution(new WeightShape(6, 2, List.of(1, 1)), 2, List.of(1, 1)),
                                List.of(1L, 4L, 10L, 30L),
                                layer.outputShape(),
                                ElementType.FLOAT16));
        assertThat(stages(layer, Choice.of("spatial", 2)))
                .containsExactly(
                        new SizedOp(
                                new Convolution(
                                        new WeightShape(4, 4, List.of(3, 1)),
                                        2,
                                        List.of(2, 1),
                                        List.of(1, 1),
                                        List.of(1, 0)),
                                layer.inputShape(),
                                List.of(1L, 4L, 10L, 30L),
                                ElementType.FLOAT16),
                        new SizedOp(
                                new Convolution(
                                        new WeightShape(6, 2, List.of(1, 5)),
                                        2,
                                        List.of(1, 1),
                                        List.of(1, 2),
                                        List.of(0, 4)),
                                List.of(1L, 4L, 10L, 30L),
                                layer.outputShape(),
                                ElementType.FLOAT16));
    }

    @Test
    void aProductHasTwoProductsAtTheSamePositions() {
        Layer layer = Layer.of(new LayerId("fc"), Affine.of(5, 9), List.of(1L, 7L, 9L), List.of(1L, 7L, 5L));

        assertThat(stages(layer, Choice.of("output-channel", 3)))
                .containsExactly(
                        new SizedOp(Affine.of(3, 9), layer.inputShape(), List.of(1L, 7L, 3L), ElementType.FLOAT32),
                        new SizedOp(Affine.of(5, 3), List.of(1L, 7L, 3L), layer.outputShape(), ElementType.FLOAT32));
    }

    @Test
    void factorsCoverTheirFormUpToTheirLargestRank() {
        Layer layer = layer(new WeightShape(6, 4, List.of(3, 3)), 1);
        float[] weight = random(layer.weight());
        LayerMoments moments = new LayerMoments(10, List.of(new PatchMoments(new double[36], identity(36))));
        for (Optional<LayerMoments> seen : List.of(Optional.<LayerMoments>empty(), Optional.of(moments))) {
            Factors factors = new WeightSvd()
                    .factor(
                            layer,
                            Weights.of(layer.weight(), weight),
                            seen,
                            Choice.of("input-channel", 3),
                            LINEAR_ALGEBRA);

            assertThat(factors.covers(Choice.of("input-channel", 3))).isTrue();
            assertThat(factors.covers(Choice.of("input-channel", 4))).isFalse();
            assertThat(factors.covers(Choice.of("output-channel", 1))).isFalse();
            assertThat(factors.covers(new Choice("input-channel", List.of(1, 1))))
                    .isFalse();
            assertThatThrownBy(() -> factors.at(Choice.of("input-channel", 4)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "Layer 'layer' (6×4×3×3) cannot be split at rank 4 with the input-channel unfolding; these"
                                    + " factors have input-channel rank 1 … 3.");
            assertThatThrownBy(() -> factors.refined(Choice.of("output-channel", 1)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "Layer 'layer' (6×4×3×3) cannot be split at rank 1 with the output-channel unfolding; these"
                                    + " factors have input-channel rank 1 … 3.");
        }
    }

    @Test
    void aZeroWeightHasZeroFactorsAndNoError() {
        WeightShape shape = new WeightShape(3, 2, List.of(3, 3));
        Choice choice = Choice.of("input-channel", 2);

        Replacement replacement = factor(layer(shape, 1), new float[54], choice).at(choice);

        assertThat(replacement.parts())
                .allSatisfy(stage -> assertThat(stage.weights().all()).containsOnly(0f));
        assertThat(replacement.predictedError()).isZero();
    }

    @Test
    void refusesARankThatIsNotThere() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);
        String message = "Layer 'layer' (3×2×3×3) has no rank 3 with the input-channel unfolding; allowed: 1 … 2.";
        Choice three = Choice.of("input-channel", 3);

        assertThatThrownBy(() -> factor(layer, new float[54], three))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> SCHEMES.blueprint(Place.of(layer), three))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> SCHEMES.blueprint(Place.of(layer), new Choice("input-channel", List.of(1, 2))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'layer' (3×2×3×3) has no ranks 1, 2 with the input-channel unfolding; allowed: 1 … 2.");
    }

    @Test
    void refusesAWeightOfAnotherShape() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);
        Weights other = Weights.of(new WeightShape(2, 3, List.of(3, 3)), new float[54]);

        assertThatThrownBy(() -> new WeightSvd()
                        .factor(layer, other, Optional.empty(), Choice.of("input-channel", 1), LINEAR_ALGEBRA))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'layer' of shape 3×2×3×3 needs weights of that shape, found 2×3×3×3.");
    }

    @Test
    void refusesMomentsOfAnotherShape() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);
        Weights weights = Weights.of(layer.weight(), new float[54]);
        LayerMoments moments = new LayerMoments(10, List.of(new PatchMoments(new double[2], identity(2))));

        assertThatThrownBy(() -> new WeightSvd()
                        .factor(layer, weights, Optional.of(moments), Choice.of("input-channel", 1), LINEAR_ALGEBRA))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "The moments given for layer 'layer' (3×2×3×3, 1 groups) belong to a layer of another shape.");
    }

    @Test
    void namesTheLayerWhoseWeightIsNotFinite() {
        Layer layer = layer(WeightShape.linear(2, 2), 1);

        assertThatThrownBy(() -> factor(layer, new float[] {1, 2, Float.NaN, 4}, Choice.of("input-channel", 1)))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessageStartingWith("Layer 'layer': ")
                .hasMessageContaining("NaN");
    }

    @Test
    void theSpatialUnfoldingIsForKernelsOfTwoDims() {
        for (WeightShape shape : List.of(
                WeightShape.linear(4, 4),
                new WeightShape(4, 4, List.of(3)),
                new WeightShape(4, 4, List.of(1, 3)),
                new WeightShape(4, 4, List.of(3, 1)),
                new WeightShape(4, 4, List.of(2, 2, 2)))) {
            float[] weight = random(shape);
            assertThat(choices(layer(shape, 1), "spatial")).isEmpty();
            assertThatThrownBy(() -> factor(layer(shape, 1), weight, Choice.of("spatial", 1)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer 'layer' (" + shape + ") has no spatial unfolding, which is for two-dimensional"
                            + " kernels of more than one row and column.");
        }
    }

    @Test
    void anEmbeddingIsNoProduct() {
        Layer table = Layer.of(new LayerId("table"), Lookup.of(8, 100), List.of(1L, 7L), List.of(1L, 7L, 8L));

        assertThat(choices(table, "input-channel")).isEmpty();
        assertThatThrownBy(() -> SCHEMES.blueprint(Place.of(table), Choice.of("input-channel", 1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'table' (8×100) has no input-channel unfolding, which is for convolutions and matrix"
                        + " products.");
    }

    @Test
    void aFormOfAnotherSchemeIsRefused() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);
        assertThatThrownBy(() -> new SpatialSvd().choices(layer, "input-channel", 1))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The scheme spatial-svd has no form 'input-channel'.");
    }

    private static List<SizedOp> stages(Layer layer, Choice choice) {
        return SCHEMES.blueprint(Place.of(layer), choice).stages().get(layer.id());
    }

    static Factors factor(Layer layer, float[] weight, Choice largest) {
        return SCHEMES.of(largest.form())
                .factor(layer, Weights.of(layer.weight(), weight), Optional.empty(), largest, LINEAR_ALGEBRA);
    }

    static List<Choice> choices(Layer layer, String form) {
        return SCHEMES.of(form).choices(layer, form, 1);
    }

    static Choice largest(Layer layer, String form) {
        List<Choice> choices = choices(layer, form);
        return choices.get(choices.size() - 1);
    }

    static Layer layer(WeightShape weight, int groups) {
        LayerId id = new LayerId("layer");
        if (weight.kernel().isEmpty()) {
            return Layer.of(
                    id, new Affine(weight), List.of(1L, (long) weight.inPerGroup()), List.of(1L, (long) weight.out()));
        }
        List<Long> spatial = Collections.nCopies(weight.kernel().size(), 8L);
        return Layer.of(
                id,
                new Convolution(
                        weight, groups, Collections.nCopies(weight.kernel().size(), 1)),
                concat((long) weight.inPerGroup() * groups, spatial),
                concat(weight.out(), spatial));
    }

    private static List<Long> concat(long channels, List<Long> spatial) {
        return Stream.concat(Stream.of(1L, channels), spatial.stream()).toList();
    }

    static float[] random(WeightShape shape) {
        Random random = new Random(shape.hashCode());
        float[] weight = new float[(int) shape.elements()];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) random.nextGaussian();
        }
        return weight;
    }

    static Matrix identity(int n) {
        double[] data = new double[n * n];
        for (int i = 0; i < n; i++) {
            data[i * n + i] = 1;
        }
        return new Matrix(n, n, data);
    }
}
