package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SiblingSplitTest {
    private static final SiblingSplit SPLIT = new SiblingSplit();
    private static final int IN = 6;
    private static final Siblings PRODUCTS = products(4, 5, 3);

    private static Siblings products(int... outs) {
        return new Siblings(IntStream.range(0, outs.length)
                .mapToObj(i -> layer("fc" + i, Affine.of(outs[i], IN)))
                .toList());
    }

    private static Layer layer(String name, Op op) {
        return Layer.of(new LayerId(name), op, List.of(), List.of());
    }

    private static Layer conv(String name, int out, List<Integer> kernel, int stride, int padding) {
        return layer(
                name,
                new Convolution(
                        new WeightShape(out, IN, kernel),
                        1,
                        List.of(stride, stride),
                        List.of(1, 1),
                        List.of(padding, padding)));
    }

    static Stream<Siblings> siblings() {
        return Stream.of(
                PRODUCTS,
                new Siblings(List.of(conv("a", 4, List.of(1, 1), 1, 0), conv("b", 7, List.of(1, 1), 1, 0))),
                new Siblings(List.of(conv("a", 4, List.of(3, 3), 2, 1), conv("b", 2, List.of(3, 3), 2, 1))));
    }

    private static Choice rank(int rank) {
        return Choice.of("sibling-split", rank);
    }

    private static Place place(Siblings siblings) {
        return new Place(siblings.layer(), Optional.empty(), Optional.of(siblings));
    }

    private static KnownLayers known(Siblings siblings, boolean seeing) {
        KnownLayers known = new KnownLayers(3);
        siblings.layers().forEach(known::with);
        return seeing ? known.seeing(siblings.layer(), 400) : known;
    }

    private static Factors factors(Siblings siblings, KnownLayers known) {
        List<Choice> choices = SPLIT.choices(place(siblings), "sibling-split", 1);
        return SPLIT.factor(place(siblings), known, choices.get(choices.size() - 1), new PlainLinearAlgebra());
    }

    /** What the second stage makes of what the first gives, as one weight: [n][m'·K]. */
    private static double[][] product(List<Stage> stages) {
        WeightShape first = stages.get(0).op().weight();
        WeightShape second = stages.get(1).op().weight();
        int taps = second.kernelSize();
        float[] p = stages.get(0).weights().all();
        float[] b = stages.get(1).weights().all();
        double[][] w = new double[second.out()][first.inPerGroup() * taps];
        for (int o = 0; o < w.length; o++) {
            for (int i = 0; i < w[0].length; i++) {
                for (int r = 0; r < first.out(); r++) {
                    w[o][i] +=
                            (double) b[(o * first.out() + r) * taps + i % taps] * p[r * first.inPerGroup() + i / taps];
                }
            }
        }
        return w;
    }

    /** E‖y − y'‖² / E‖y − ȳ‖² of a layer on the samples, by the weights and the correction of the bias. */
    private static double missed(Layer layer, List<Stage> stages, KnownLayers known, double[][] samples) {
        float[] w = known.weights(layer.id()).all();
        double[][] made = product(stages);
        float[] added = stages.get(1).biasCorrection().orElseThrow();
        double error = 0;
        double energy = 0;
        double[] mean = KnownLayers.mean(samples);
        for (double[] x : samples) {
            for (int o = 0; o < made.length; o++) {
                double missing = -added[o];
                double varying = 0;
                for (int i = 0; i < x.length; i++) {
                    missing += (w[o * x.length + i] - made[o][i]) * x[i];
                    varying += w[o * x.length + i] * (x[i] - mean[i]);
                }
                error += missing * missing;
                energy += varying * varying;
            }
        }
        return error / energy;
    }

    @ParameterizedTest
    @MethodSource("siblings")
    void atFullRankEveryLayerIsWhole(Siblings siblings) {
        KnownLayers free = known(siblings, false);
        KnownLayers aware = known(siblings, true);
        int largest = SPLIT.choices(place(siblings), "sibling-split", 1).size();

        factors(siblings, free).at(rank(largest)).stages().forEach((layer, stages) -> {
            float[] w = free.weights(layer.id()).all();
            double[][] made = product(stages);
            for (int i = 0; i < w.length; i++) {
                assertThat(made[i / made[0].length][i % made[0].length]).isCloseTo(w[i], within(1e-4));
            }
        });
        Replacement replacement = factors(siblings, aware).at(rank(largest));
        assertThat(replacement.predictedError()).isLessThan(1e-4);
        replacement
                .stages()
                .forEach((layer, stages) -> assertThat(
                                Math.sqrt(missed(layer, stages, aware, aware.samples(siblings.layer()))))
                        .isLessThan(1e-3));
    }

    @ParameterizedTest
    @MethodSource("siblings")
    void theErrorIsThatOfTheOutputs(Siblings siblings) {
        KnownLayers known = known(siblings, true);
        Factors factors = factors(siblings, known);
        double[][] samples = known.samples(siblings.layer());
        double before = 1;
        for (int r = 1; r < IN; r++) {
            Replacement replacement = factors.at(rank(r));

            double mean = replacement.stages().entrySet().stream()
                    .mapToDouble(of -> missed(of.getKey(), of.getValue(), known, samples))
                    .average()
                    .orElseThrow();

            assertThat(Math.sqrt(mean)).isCloseTo(factors.error(rank(r)), within(1e-4));
            assertThat(factors.error(rank(r))).isLessThanOrEqualTo(before);
            before = factors.error(rank(r));
            assertThat(factors.refined(rank(r)).predictedError()).isLessThanOrEqualTo(before + 1e-9);
        }
    }

    /** A layer of large weights is not kept at the cost of the others. */
    @Test
    void scaleDoesNotCount() {
        KnownLayers known = known(PRODUCTS, true);
        KnownLayers scaled = new KnownLayers(3);
        PRODUCTS.layers().forEach(layer -> {
            float[] values = known.weights(layer.id()).all().clone();
            for (int i = 0; i < values.length && layer.equals(PRODUCTS.layer()); i++) {
                values[i] *= 1000;
            }
            scaled.with(layer, values);
        });
        scaled.seeing(PRODUCTS.layer(), known.samples(PRODUCTS.layer()));

        assertThat(factors(PRODUCTS, scaled).error(rank(2)))
                .isCloseTo(factors(PRODUCTS, known).error(rank(2)), within(1e-5));
    }

    /** Layers whose rows lie in one space lose less together than apart, for the same number of weights. */
    @Test
    void whatTheyHaveInCommonIsKeptOnce() {
        int in = 12;
        Random random = new Random(5);
        double[][] basis = random.doubles(4L * in)
                .collect(
                        () -> new double[][] {new double[4 * in], {0}},
                        (into, value) -> into[0][(int) into[1][0]++] = value - 0.5,
                        (a, b) -> {});
        Siblings siblings = new Siblings(IntStream.range(0, 3)
                .mapToObj(i -> layer("fc" + i, Affine.of(8, in)))
                .toList());
        KnownLayers known = new KnownLayers(9);
        siblings.layers().forEach(layer -> {
            float[] values = new float[8 * in];
            for (int o = 0; o < 8; o++) {
                for (int k = 0; k < 4; k++) {
                    double factor = random.nextGaussian();
                    for (int i = 0; i < in; i++) {
                        values[o * in + i] += (float) (factor * basis[0][k * in + i]);
                    }
                }
                values[o * in] += (float) (0.05 * random.nextGaussian());
            }
            known.with(layer, values);
        });
        double[][] samples = KnownLayers.samples(random, 300, in);
        siblings.layers().forEach(layer -> known.seeing(layer, samples));
        // 4 · (12 + 24) weights together; 3 · 2 · (12 + 8) = 120 apart at rank 2, 180 at rank 3.
        double together = SPLIT.factor(place(siblings), known, rank(4), new PlainLinearAlgebra())
                .error(rank(4));
        double apart = Math.sqrt(siblings.layers().stream()
                .mapToDouble(layer -> {
                    Choice choice = Choice.of("input-channel", 2);
                    double error = new WeightSvd()
                            .factor(Place.of(layer), known, choice, new PlainLinearAlgebra())
                            .error(choice);
                    return error * error;
                })
                .average()
                .orElseThrow());
        double equalCost = SPLIT.factor(place(siblings), known, rank(3), new PlainLinearAlgebra())
                .error(rank(3));

        assertThat(3 * (12 + 24)).isLessThan(3 * 2 * (12 + 8));
        assertThat(equalCost).isLessThan(apart);
        assertThat(together).isLessThan(0.05);
    }

    @Test
    void theSharedStageCountsOnce() {
        Blueprint blueprint = SPLIT.blueprint(place(PRODUCTS), rank(2));

        Map<String, List<String>> shapes = new LinkedHashMap<>();
        blueprint
                .stages()
                .forEach((layer, stages) -> shapes.put(
                        layer.name(),
                        stages.stream()
                                .map(stage -> stage.op().weight().toString())
                                .toList()));
        assertThat(blueprint.isCut()).isFalse();
        assertThat(blueprint.layers()).extracting(LayerId::name).containsExactly("fc0", "fc1", "fc2");
        assertThat(shapes.get("fc0")).hasSize(2);
        assertThat(shapes.get("fc1")).hasSize(1);
        assertThat(blueprint.stages().values().stream()
                        .flatMap(List::stream)
                        .mapToLong(stage -> stage.op().weight().elements())
                        .sum())
                .isEqualTo(2 * (IN + 4 + 5 + 3));
    }

    @Test
    void aLayerThatNeverVariesIsNoReasonToFail() {
        KnownLayers known = known(PRODUCTS, true);
        known.with(PRODUCTS.layers().get(1), new float[5 * IN]);

        Replacement replacement = factors(PRODUCTS, known).at(rank(3));

        assertThat(replacement
                        .stages()
                        .get(PRODUCTS.layers().get(1))
                        .get(1)
                        .weights()
                        .all())
                .containsOnly(0f);
    }

    @Test
    void otherPlacesAndRanksAreRefused() {
        assertThat(SPLIT.choices(Place.of(PRODUCTS.layer()), "sibling-split", 1))
                .isEmpty();
        assertThat(SPLIT.choices(place(PRODUCTS), "sibling-split", 4)).containsExactly(rank(4));
        assertThatThrownBy(() -> SPLIT.blueprint(Place.of(PRODUCTS.layer()), rank(1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'fc0' (4×6) has no sibling-split form, which is for the first of several layers"
                        + " that read one tensor.");
        assertThatThrownBy(() -> SPLIT.blueprint(place(PRODUCTS), rank(7)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'fc0' (4×6) has no sibling-split rank 7; allowed: sibling-split rank 1 … 6.");
    }

    @Test
    void onlyLayersThatReadAlikeAreSiblings() {
        Layer one = PRODUCTS.layer();
        assertThatThrownBy(() -> new Siblings(List.of(one)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Siblings are at least two layers, found 1.");
        assertThatThrownBy(() -> new Siblings(List.of(one, conv("conv", 4, List.of(1, 1), 1, 0))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("Layer 'conv' (")
                .hasMessageEndingWith("does not read its input as layer 'fc0' (4×6) does.");
        assertThatThrownBy(() -> new Siblings(List.of(one, one)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A layer is named twice among the siblings at 'fc0'.");
    }

    @Test
    void aReplacementOfSiblingsHasOneFirstStage() {
        Replacement replacement = factors(PRODUCTS, known(PRODUCTS, true)).at(rank(2));
        Layer second = PRODUCTS.layers().get(1);
        Stage other = new Stage(Affine.of(2, IN), new float[2 * IN]);

        assertThat(replacement.layer()).isEqualTo(PRODUCTS.layer());
        assertThat(replacement.part(layer -> layer.equals(second)).orElseThrow().parts())
                .isEqualTo(replacement.stages().get(second));
        assertThatThrownBy(() -> replacement.with(
                        second, List.of(other, replacement.stages().get(second).get(1))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("What replaces the siblings at 'fc0' needs for each of them, and no other layer, the same"
                        + " first stage and at least one behind.");
    }
}
