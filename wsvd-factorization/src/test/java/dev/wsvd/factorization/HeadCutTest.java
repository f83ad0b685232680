package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In attention as it is computed: whole sequences, every head with weights of its own. */
class HeadCutTest {
    private static final HeadCut CUT = new HeadCut();
    private static final int HEADS = 2;
    private static final int DIMS = 4;
    private static final int UNITS = HEADS * DIMS;
    private static final int MODEL = 7;
    private static final int POSITIONS = 40;

    private final Random random = new Random(11);

    private static Layer layer(String name, int out, int in) {
        return Layer.of(new LayerId(name), Affine.of(out, in), List.of(), List.of());
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    /** Channels of a layer in which each head stands several times, after some others. */
    private static List<Integer> repeated(int copies, int first) {
        List<Integer> channels = new ArrayList<>();
        for (int unit = 0; unit < UNITS; unit++) {
            for (int copy = 0; copy < copies; copy++) {
                channels.add(first + (unit / DIMS * copies + copy) * DIMS + unit % DIMS);
            }
        }
        return channels;
    }

    private static Place place(Coupling coupling) {
        return new Place(coupling.layer(), Optional.of(coupling));
    }

    private static Factors factors(Coupling coupling, KnownLayers known, String form) {
        return CUT.factor(place(coupling), known, Choice.of(form, DIMS - 1), new PlainLinearAlgebra());
    }

    /** W x + b, position by position. */
    private static double[][] apply(float[] weights, float[] bias, double[][] x) {
        double[][] y = new double[x.length][bias.length];
        for (int p = 0; p < x.length; p++) {
            for (int o = 0; o < bias.length; o++) {
                y[p][o] = bias[o];
                for (int i = 0; i < x[p].length; i++) {
                    y[p][o] += weights[o * x[p].length + i] * x[p][i];
                }
            }
        }
        return y;
    }

    private double[][] attention() {
        double[][] weights = new double[POSITIONS][];
        for (int p = 0; p < POSITIONS; p++) {
            double[] row = random.doubles(POSITIONS).map(x -> Math.exp(6 * x)).toArray();
            double sum = Arrays.stream(row).sum();
            weights[p] = Arrays.stream(row).map(x -> x / sum).toArray();
        }
        return weights;
    }

    private static double squares(double[][] values) {
        return Arrays.stream(values)
                .flatMapToDouble(Arrays::stream)
                .map(x -> x * x)
                .sum();
    }

    private static double[][] minus(double[][] a, double[][] b) {
        double[][] difference = new double[a.length][a[0].length];
        for (int p = 0; p < a.length; p++) {
            for (int i = 0; i < a[p].length; i++) {
                difference[p][i] = a[p][i] - b[p][i];
            }
        }
        return difference;
    }

    /** Makes some rows of a weight combinations of two others. */
    private static float[] ofRankTwo(float[] weights, int width) {
        float[] low = weights.clone();
        for (int row = 0; row < weights.length / width; row++) {
            int head = row / DIMS * DIMS;
            for (int i = 0; i < width; i++) {
                if (row % DIMS > 1) {
                    low[row * width + i] = (row % DIMS) * low[head * width + i] - low[(head + 1) * width + i];
                }
            }
        }
        return low;
    }

    /** Values of each head, which one or several heads of queries take sums of. */
    private final class Values {
        private static final int OTHERS = 2;

        final int copies;
        final Layer writer = layer("value", UNITS, MODEL);
        final Layer reader;
        final Coupling coupling;
        final KnownLayers known = new KnownLayers(3);
        final double[][] inputs = KnownLayers.samples(random, POSITIONS, MODEL);
        final List<double[][]> attention = new ArrayList<>();
        final double[][] others = KnownLayers.samples(random, POSITIONS, OTHERS);

        Values(int copies) {
            this.copies = copies;
            this.reader = layer("output", 5, OTHERS + copies * UNITS);
            this.coupling = new Coupling(
                    reader,
                    Kind.VALUES,
                    HEADS,
                    DIMS,
                    List.of(
                            new Slice(writer, Side.WRITES, range(0, UNITS)),
                            new Slice(reader, Side.READS, repeated(copies, OTHERS))));
            known.with(writer).withBias(writer).with(reader);
            for (int head = 0; head < HEADS * copies; head++) {
                attention.add(attention());
            }
        }

        Values seen() {
            known.seeing(reader, read(weights(), bias(), DIMS));
            return this;
        }

        float[] weights() {
            return known.weights(writer.id()).all();
        }

        float[] bias() {
            return known.bias(writer.id()).orElseThrow();
        }

        /** What the reader sees for some weights of the writer. */
        double[][] read(float[] weights, float[] bias, int dims) {
            double[][] values = apply(weights, bias, inputs);
            double[][] read = new double[POSITIONS][OTHERS + copies * HEADS * dims];
            for (int p = 0; p < POSITIONS; p++) {
                System.arraycopy(others[p], 0, read[p], 0, OTHERS);
                for (int i = 0; i < copies * HEADS * dims; i++) {
                    int head = i / dims;
                    for (int from = 0; from < POSITIONS; from++) {
                        read[p][OTHERS + i] +=
                                attention.get(head)[p][from] * values[from][head / copies * dims + i % dims];
                    }
                }
            }
            return read;
        }

        double[][] outputs() {
            return apply(known.weights(reader.id()).all(), new float[5], read(weights(), bias(), DIMS));
        }

        double[][] outputs(Replacement replacement) {
            Cut cut = replacement.cut().orElseThrow();
            double[][] read = read(
                    cut.written(0, weights(), MODEL),
                    cut.written(0, bias(), 1),
                    replacement.choice().rank());
            Stage stage = replacement.stages().get(reader).get(0);
            return apply(stage.weights().all(), stage.biasCorrection().orElseThrow(), read);
        }

        double shown(Replacement replacement) {
            double[][] y = outputs();
            double[] mean = KnownLayers.mean(y);
            double[][] means = new double[y.length][];
            Arrays.fill(means, mean);
            return Math.sqrt(squares(minus(y, outputs(replacement))) / squares(minus(y, means)));
        }
    }

    private static Choice values(int rank) {
        return Choice.of("value-cut", rank);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void errorsAreThoseOfTheOutputsOfAttention(int copies) {
        Values values = new Values(copies).seen();
        Factors factors = factors(values.coupling, values.known, "value-cut");
        double before = 1;
        for (int rank = 1; rank < DIMS; rank++) {
            Replacement replacement = factors.at(values(rank));

            assertThat(values.shown(replacement))
                    .isCloseTo(factors.error(values(rank)), within(1e-3 * factors.error(values(rank))));
            assertThat(factors.error(values(rank)))
                    .isEqualTo(replacement.predictedError())
                    .isLessThan(before);
            before = factors.error(values(rank));
            double[] missedMean = KnownLayers.mean(minus(values.outputs(), values.outputs(replacement)));
            assertThat(Arrays.stream(missedMean).map(Math::abs).max().orElseThrow())
                    .isLessThan(1e-4);
            assertThat(replacement.cut().orElseThrow().kept()).hasSize(HEADS * rank);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void valuesThatSpanNoMoreAreCutWithoutLoss(int copies) {
        Values values = new Values(copies);
        values.known.with(values.writer, ofRankTwo(values.weights(), MODEL));
        Factors free = factors(values.coupling, values.known, "value-cut");
        Factors aware = factors(values.coupling, values.seen().known, "value-cut");

        assertThat(aware.error(values(2))).isLessThan(1e-3);
        assertThat(values.shown(aware.at(values(2)))).isLessThan(1e-3);
        assertThat(free.error(values(2))).isLessThan(1e-3);
        assertThat(values.shown(free.at(values(2)))).isLessThan(1e-3);
        assertThat(aware.error(values(1))).isGreaterThan(0.01);
    }

    /** Of one head alone it is what no other projection does better, each with the weights that fit it best. */
    @Test
    void noOtherProjectionOfAHeadMissesLess() {
        Layer writer = layer("value", DIMS, MODEL);
        Layer reader = layer("output", 5, DIMS);
        Coupling coupling = new Coupling(
                reader,
                Kind.VALUES,
                1,
                DIMS,
                List.of(new Slice(writer, Side.WRITES, range(0, DIMS)), new Slice(reader, Side.READS, range(0, DIMS))));
        KnownLayers known = new KnownLayers(5).with(writer).with(reader).seeing(reader, 200);
        double error = factors(coupling, known, "value-cut").error(values(2));
        PlainLinearAlgebra linearAlgebra = new PlainLinearAlgebra();
        Matrix w = Matrices.rows(known.weights(reader.id()).all(), 0, 5, DIMS);
        Matrix c = known.moments(reader.id()).orElseThrow().groups().get(0).covariance();
        Matrix wc = linearAlgebra.multiply(w, c);
        double energy = Matrices.dot(wc, w);
        double least = 1;
        for (int i = 0; i < 2000; i++) {
            Matrix t = new Matrix(
                    2, DIMS, random.doubles(2 * DIMS).map(x -> x - 0.5).toArray());
            Matrix tct = linearAlgebra.multiply(linearAlgebra.multiply(t, c), t.transposed());
            Matrix explained = linearAlgebra.cholesky(tct).solveLower(linearAlgebra.multiply(t, wc.transposed()));
            least = Math.min(least, 1 - Matrices.dot(explained, explained) / energy);
        }
        assertThat(error).isGreaterThan(0).isLessThan(Math.sqrt(least) + 1e-9).isCloseTo(Math.sqrt(least), within(0.1));
    }

    @Test
    void headsAreFittedTogether() {
        Values values = new Values(1).seen();
        double together = factors(values.coupling, values.known, "value-cut").error(values(2));
        double alone = values.shown(
                factors(values.coupling, new Values(1).known, "value-cut").at(values(2)));

        assertThat(together).isLessThan(alone);
    }

    @Test
    void combinationsAreAsLongAsTheWeightsThatReadThem() {
        Values values = new Values(3).seen();
        Replacement replacement =
                factors(values.coupling, values.known, "value-cut").at(values(2));
        Matrix t = replacement.cut().orElseThrow().combinations().get(0).get(1);
        float[] b = replacement.stages().get(values.reader).get(0).weights().all();
        int width = Values.OTHERS + 3 * HEADS * 2;
        for (int r = 0; r < 2; r++) {
            double squares = 0;
            for (int o = 0; o < 5; o++) {
                for (int copy = 0; copy < 3; copy++) {
                    squares += Math.pow(b[o * width + Values.OTHERS + (3 + copy) * 2 + r], 2);
                }
            }
            assertThat(Matrices.energy(t.data(), r * DIMS, (r + 1) * DIMS)).isCloseTo(squares, within(1e-3 * squares));
        }
    }

    /** Queries, perhaps several heads for one of keys, and keys, of one layer with other channels or of two. */
    private final class Scores {
        final int copies;
        final Layer queries;
        final Layer keys;
        final Coupling coupling;
        final KnownLayers known = new KnownLayers(7);
        final double[][] inputs = KnownLayers.samples(random, POSITIONS, MODEL);
        final double[][] memory;

        Scores(int copies, boolean fused) {
            this.copies = copies;
            this.queries = layer("query", fused ? 3 + copies * UNITS + UNITS : copies * UNITS, MODEL);
            this.keys = fused ? queries : layer("key", UNITS, MODEL);
            int first = fused ? 3 : 0;
            int firstKey = fused ? 3 + copies * UNITS : 0;
            this.coupling = new Coupling(
                    queries,
                    Kind.SCORES,
                    HEADS,
                    DIMS,
                    List.of(
                            new Slice(queries, Side.WRITES, repeated(copies, first)),
                            new Slice(keys, Side.WRITES, range(firstKey, firstKey + UNITS))));
            known.with(queries).withBias(queries);
            this.memory = fused ? inputs : KnownLayers.samples(random, POSITIONS, MODEL);
            if (!fused) {
                known.with(keys).withBias(keys);
            }
        }

        Scores seen() {
            known.seeing(queries, inputs).seeing(keys, memory);
            return this;
        }

        /** By head of queries, each row without its mean. */
        double[][] scores(Optional<Cut> cut) {
            int dims = cut.map(it -> it.kept().size() / HEADS).orElse(DIMS);
            double[][] q = units(0, queries, inputs, cut);
            double[][] k = units(1, keys, memory, cut);
            double[][] scores = new double[copies * HEADS * POSITIONS][POSITIONS];
            for (int row = 0; row < scores.length; row++) {
                int head = row / POSITIONS;
                double mean = 0;
                for (int to = 0; to < POSITIONS; to++) {
                    for (int i = 0; i < dims; i++) {
                        scores[row][to] += q[row % POSITIONS][head * dims + i] * k[to][head / copies * dims + i];
                    }
                    mean += scores[row][to] / POSITIONS;
                }
                for (int to = 0; to < POSITIONS; to++) {
                    scores[row][to] -= mean;
                }
            }
            return scores;
        }

        private double[][] units(int writer, Layer layer, double[][] x, Optional<Cut> cut) {
            float[] weights = known.weights(layer.id()).all();
            float[] bias = known.bias(layer.id()).orElseThrow();
            Slice slice = coupling.writers().get(writer);
            double[][] all = apply(
                    cut.map(it -> it.written(writer, weights, MODEL)).orElse(weights),
                    cut.map(it -> it.written(writer, bias, 1)).orElse(bias),
                    x);
            List<Integer> remaining = cut.map(it -> it.remaining(slice)).orElse(range(0, layer.outChannels()));
            int[] own = IntStream.range(0, remaining.size())
                    .filter(i -> slice.channels().contains(remaining.get(i)))
                    .toArray();
            return Arrays.stream(all)
                    .map(row -> Arrays.stream(own).mapToDouble(i -> row[i]).toArray())
                    .toArray(double[][]::new);
        }

        double shown(Cut cut) {
            double[][] scores = scores(Optional.empty());
            return Math.sqrt(squares(minus(scores, scores(Optional.of(cut)))) / squares(scores));
        }
    }

    private static Choice scores(int rank) {
        return Choice.of("score-cut", rank);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void errorsAreThoseOfTheScores(int copies) {
        for (boolean fused : new boolean[] {false, true}) {
            Scores scores = new Scores(copies, fused).seen();
            Factors factors = factors(scores.coupling, scores.known, "score-cut");
            double before = 1;
            for (int rank = 1; rank < DIMS; rank++) {
                Replacement replacement = factors.at(scores(rank));

                assertThat(scores.shown(replacement.cut().orElseThrow()))
                        .isCloseTo(factors.error(scores(rank)), within(1e-3 * factors.error(scores(rank))));
                assertThat(factors.error(scores(rank)))
                        .isEqualTo(replacement.predictedError())
                        .isLessThan(before);
                before = factors.error(scores(rank));
                assertThat(replacement.stages()).isEmpty();
                assertThat(replacement.layer()).isEqualTo(scores.queries);
            }
        }
    }

    @Test
    void keysThatSpanNoMoreAreCutWithoutLoss() {
        Scores scores = new Scores(1, false);
        scores.known.with(
                scores.keys, ofRankTwo(scores.known.weights(scores.keys.id()).all(), MODEL));
        Factors free = factors(scores.coupling, scores.known, "score-cut");
        Factors aware = factors(scores.coupling, scores.seen().known, "score-cut");

        assertThat(free.error(scores(2))).isLessThan(1e-3);
        assertThat(scores.shown(free.at(scores(2)).cut().orElseThrow())).isLessThan(1e-3);
        assertThat(aware.error(scores(2))).isLessThan(1e-3);
        assertThat(scores.shown(aware.at(scores(2)).cut().orElseThrow())).isLessThan(1e-3);
        assertThat(aware.error(scores(1))).isGreaterThan(0.01);
    }

    @Test
    void noOtherCombinationsMissLess() {
        Scores scores = new Scores(2, false).seen();
        Cut best = factors(scores.coupling, scores.known, "score-cut")
                .at(scores(2))
                .cut()
                .orElseThrow();
        double least = scores.shown(best);
        for (double by : new double[] {0.003, 0.03, 0.3}) {
            for (int i = 0; i < 20; i++) {
                List<List<Matrix>> moved = best.combinations().stream()
                        .map(heads -> heads.stream().map(t -> moved(t, by)).toList())
                        .toList();
                assertThat(scores.shown(new Cut(scores.coupling, best.kept(), moved)))
                        .isGreaterThan(least - 1e-6);
            }
        }
        Cut white = factors(scores.coupling, new Scores(2, false).known, "score-cut")
                .at(scores(2))
                .cut()
                .orElseThrow();
        assertThat(scores.shown(white)).isGreaterThan(least);
    }

    private Matrix moved(Matrix t, double by) {
        double[] data =
                Arrays.stream(t.data()).map(x -> x + by * random.nextGaussian()).toArray();
        return new Matrix(t.rows(), t.cols(), data);
    }

    @Test
    void choicesAreMultiplesBelowTheDimsOfAHead() {
        Place values = place(new Values(1).coupling);
        Place scores = place(new Scores(1, false).coupling);

        assertThat(CUT.forms()).containsExactly("value-cut", "score-cut");
        assertThat(CUT.choices(values, "value-cut", 1)).containsExactly(values(1), values(2), values(3));
        assertThat(CUT.choices(values, "score-cut", 1)).isEmpty();
        assertThat(CUT.choices(scores, "score-cut", 2)).containsExactly(scores(2));
        assertThat(CUT.choices(scores, "value-cut", 1)).isEmpty();
        assertThat(new ChannelPruning().choices(scores, "channel-pruning", 1)).isEmpty();
    }

    @Test
    void aSizeIsDimsOfEachHead() {
        assertThat(CUT.size(place(new Values(1).coupling), values(3))).isEqualTo("3 of 4 dims per head");
        assertThat(CUT.size(place(new Scores(1, false).coupling), scores(1))).isEqualTo("1 of 4 dims per head");
    }

    @Test
    void allLayersOfAPlaceGetSmaller() {
        Values values = new Values(3);
        assertThat(CUT.blueprint(place(values.coupling), values(1)).shrinks())
                .isEqualTo(Map.of(
                        values.writer.id(),
                        new Shrink(HEADS * 3, 0),
                        values.reader.id(),
                        new Shrink(0, 3 * HEADS * 3)));
        Scores fused = new Scores(2, true);
        assertThat(CUT.blueprint(place(fused.coupling), scores(3)).shrinks())
                .isEqualTo(Map.of(fused.queries.id(), new Shrink(3 * HEADS, 0)));
    }

    @Test
    void whatThereIsNotIsRefused() {
        Values values = new Values(1);
        assertThatThrownBy(() -> CUT.blueprint(place(values.coupling), scores(1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'output' (5×10) has no score-cut form, which is for the queries and keys of attention.");
        assertThatThrownBy(() -> CUT.blueprint(Place.of(values.reader), values(1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'output' (5×10) has no value-cut form, which is for the values of attention.");
        assertThatThrownBy(() -> CUT.blueprint(place(values.coupling), values(4)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'output' (5×10) has no value-cut that keeps 4; allowed: value-cut, 1 … 3 of 4 dims per head.");
        assertThatThrownBy(() -> CUT.blueprint(place(values.coupling), Choice.of("head", 1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The scheme head-cut has no form 'head'.");
        Factors factors = factors(values.coupling, values.known, "value-cut");
        assertThatThrownBy(() -> factors.at(scores(1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'output' (5×10) has no score-cut that keeps 1; allowed: value-cut, 1 … 3 of 4 dims per head.");
    }

    @Test
    void valuesThatAreNotFiniteAreRefused() {
        Scores scores = new Scores(1, false);
        float[] weights = new float[UNITS * MODEL];
        weights[MODEL + 2] = Float.POSITIVE_INFINITY;
        scores.known.with(scores.keys, weights);
        assertThatThrownBy(() -> factors(scores.coupling, scores.known, "score-cut"))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessage("Layer 'key': A 8×7 float32 matrix holds Infinity at row 1, column 2; only finite elements"
                        + " can be used.");
        Values values = new Values(1);
        values.known.with(values.writer, weights);
        assertThatThrownBy(() -> factors(values.coupling, values.known, "value-cut"))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessage(
                        "Layer 'value': A 8×7 float32 matrix holds Infinity at row 1, column 2; only finite elements"
                                + " can be used.");
    }
}
