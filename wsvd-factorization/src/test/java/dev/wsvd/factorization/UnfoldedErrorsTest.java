package dev.wsvd.factorization;

import static dev.wsvd.factorization.UnfoldedSvdTest.SCHEMES;
import static dev.wsvd.factorization.UnfoldedSvdTest.choices;
import static dev.wsvd.factorization.UnfoldedSvdTest.factor;
import static dev.wsvd.factorization.UnfoldedSvdTest.identity;
import static dev.wsvd.factorization.UnfoldedSvdTest.largest;
import static dev.wsvd.factorization.UnfoldedSvdTest.layer;
import static dev.wsvd.factorization.UnfoldedSvdTest.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is known of an unfolding without its factors: the errors of its ranks, and whether another form is the same. */
class UnfoldedErrorsTest {
    @ParameterizedTest
    @MethodSource("dev.wsvd.factorization.UnfoldedSvdTest#weights")
    void errorsAreThoseOfTheFactorsWithoutMakingThem(WeightShape shape, int groups, String form) {
        Layer layer = layer(shape, groups);
        float[] weight = random(shape);
        Choice largest = largest(layer, form);
        Factors factors = factor(layer, weight, largest);

        ToDoubleFunction<Choice> errors = SCHEMES.of(form)
                .errors(
                        Place.of(layer),
                        LayerKnowledge.of(Weights.of(shape, weight), Optional.empty()),
                        largest,
                        new PlainLinearAlgebra())
                .orElseThrow();

        for (Choice choice : choices(layer, form)) {
            assertThat(errors.applyAsDouble(choice)).isCloseTo(factors.error(choice), within(1e-6));
        }
    }

    /** Also of what a layer sees, where the first stage reads the whole patch. */
    @ParameterizedTest
    @CsvSource({"9,5", "5,9"})
    void errorsOfOutputsAreThoseOfTheFactors(int out, int in) {
        Layer layer = layer(WeightShape.linear(out, in), 1);
        LayerKnowledge known =
                LayerKnowledge.of(Weights.of(layer.weight(), random(layer.weight())), Optional.of(seen(identity(in))));
        Choice largest = largest(layer, "input-channel");

        ToDoubleFunction<Choice> errors = new WeightSvd()
                .errors(Place.of(layer), known, largest, new PlainLinearAlgebra())
                .orElseThrow();

        Factors factors = new WeightSvd().factor(Place.of(layer), known, largest, new PlainLinearAlgebra());
        for (Choice choice : choices(layer, "input-channel")) {
            assertThat(errors.applyAsDouble(choice)).isCloseTo(factors.error(choice), within(1e-12));
        }
    }

    @Test
    void withSeveralTapsFactorsAloneTellErrorsOfOutputs() {
        Layer layer = layer(new WeightShape(3, 2, List.of(3, 3)), 1);

        assertThat(new WeightSvd()
                        .errors(
                                Place.of(layer),
                                LayerKnowledge.of(
                                        Weights.of(layer.weight(), random(layer.weight())),
                                        Optional.of(seen(identity(18)))),
                                Choice.of("input-channel", 1),
                                new PlainLinearAlgebra()))
                .isEmpty();
    }

    private static LayerMoments seen(Matrix covariance) {
        return new LayerMoments(1, List.of(new PatchMoments(new double[covariance.rows()], covariance)));
    }

    @Test
    void bothFormsOfAProductAreOne() {
        Layer product = layer(WeightShape.linear(5, 9), 1);
        Layer pointwise = layer(new WeightShape(6, 4, List.of(1, 1)), 1);
        Layer withKernel = layer(new WeightShape(6, 4, List.of(3, 3)), 1);
        Layer strided = Layer.of(
                new LayerId("strided"),
                new Convolution(new WeightShape(6, 4, List.of(1, 1)), 1, List.of(2, 2)),
                List.of(1L, 4L, 8L, 8L),
                List.of(1L, 6L, 4L, 4L));

        assertThat(isRepeated(product, "output-channel")).isTrue();
        assertThat(isRepeated(product, "input-channel")).isFalse();
        assertThat(isRepeated(pointwise, "output-channel")).isTrue();
        assertThat(isRepeated(withKernel, "output-channel")).isFalse();
        // Where the first stage leaves positions out, the second has less to do.
        assertThat(isRepeated(strided, "output-channel")).isFalse();
        assertThat(factor(product, random(product.weight()), Choice.of("output-channel", 2))
                        .at(Choice.of("output-channel", 2))
                        .parts()
                        .stream()
                        .map(stage -> stage.weights().all()))
                .usingRecursiveComparison()
                .isEqualTo(factor(product, random(product.weight()), Choice.of("input-channel", 2))
                        .at(Choice.of("input-channel", 2))
                        .parts()
                        .stream()
                        .map(stage -> stage.weights().all())
                        .toList());
    }

    private static boolean isRepeated(Layer layer, String form) {
        return new WeightSvd().isRepeated(Place.of(layer), form);
    }
}
