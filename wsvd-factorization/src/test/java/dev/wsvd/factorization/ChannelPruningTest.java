package dev.wsvd.factorization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ChannelPruningTest {
    private static final ChannelPruning PRUNING = new ChannelPruning();
    private static final int UNITS = 6;
    private static final Layer WRITER = layer("writer", Affine.of(UNITS, 4));
    private static final Layer READER = layer("reader", Affine.of(3, UNITS));
    private static final Layer PLAIN_CONV =
            layer("conv", new Convolution(new WeightShape(3, UNITS, List.of(3, 3)), 1, List.of(2, 2)));

    private static Layer layer(String name, Op op) {
        return Layer.of(new LayerId(name), op, List.of(), List.of());
    }

    private static Choice keep(int units) {
        return Choice.of("channel-pruning", units);
    }

    private static List<Integer> channels(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    private static Coupling coupling(Slice... readers) {
        List<Slice> slices = new ArrayList<>();
        slices.add(new Slice(WRITER, Side.WRITES, channels(0, UNITS)));
        slices.addAll(List.of(readers));
        return new Coupling(readers[0].layer(), Kind.CHANNELS, 1, UNITS, slices);
    }

    private static Slice reading(Layer layer, List<Integer> channels) {
        return new Slice(layer, Side.READS, channels);
    }

    private static Place place(Coupling coupling) {
        return new Place(coupling.layer(), Optional.of(coupling));
    }

    private static Factors factors(Coupling coupling, KnownLayers known) {
        return PRUNING.factor(place(coupling), known, keep(UNITS - 1), new PlainLinearAlgebra());
    }

    /** E‖y − y'‖² / E‖y − ȳ‖² of a reader's samples, and how far the means are apart. */
    private static double[] shown(Replacement replacement, Layer layer, KnownLayers known) {
        Cut cut = replacement.cut().orElseThrow();
        int taps = layer.weight().kernelSize();
        boolean[] stays = new boolean[layer.inChannels()];
        Arrays.fill(stays, true);
        cut.coupling().readers().stream()
                .filter(slice -> slice.layer().equals(layer))
                .forEach(slice -> slice.channels().stream()
                        .filter(channel -> !cut.remaining(slice).contains(channel))
                        .forEach(channel -> stays[channel] = false));
        int[] remaining = IntStream.range(0, stays.length).filter(c -> stays[c]).toArray();
        Stage stage = replacement.stages().get(layer).get(0);
        float[] w = known.weights(layer.id()).all();
        float[] b = stage.weights().all();
        float[] added = stage.biasCorrection().orElseGet(() -> new float[layer.outChannels()]);
        double[][] samples = known.samples(layer);
        int n = layer.outChannels();
        int patch = layer.inChannels() * taps;
        int width = remaining.length * taps;
        double[][] y = new double[samples.length][n];
        double[][] missed = new double[samples.length][n];
        for (int s = 0; s < samples.length; s++) {
            for (int o = 0; o < n; o++) {
                for (int i = 0; i < patch; i++) {
                    y[s][o] += w[o * patch + i] * samples[s][i];
                }
                missed[s][o] = y[s][o] - added[o];
                for (int i = 0; i < width; i++) {
                    missed[s][o] -= b[o * width + i] * samples[s][remaining[i / taps] * taps + i % taps];
                }
            }
        }
        double[] mean = KnownLayers.mean(y);
        double error = 0;
        double energy = 0;
        for (int s = 0; s < samples.length; s++) {
            for (int o = 0; o < n; o++) {
                error += missed[s][o] * missed[s][o];
                energy += Math.pow(y[s][o] - mean[o], 2);
            }
        }
        double apart =
                Arrays.stream(KnownLayers.mean(missed)).map(Math::abs).max().orElseThrow();
        return new double[] {error / energy, apart};
    }

    static Stream<Arguments> couplings() {
        Layer spread = layer("spread", Affine.of(4, 2 * UNITS));
        Layer concat = layer("concat", Affine.of(4, UNITS + 3));
        Layer twice = layer("twice", Affine.of(4, 2 * UNITS + 1));
        Layer wide = layer("wide", new Convolution(new WeightShape(2, UNITS + 2, List.of(3)), 1, List.of(1)));
        List<Integer> reversed = List.of(7, 6, 5, 3, 2, 1);
        return Stream.of(
                Arguments.of("a product", coupling(reading(READER, channels(0, UNITS)))),
                Arguments.of("a kernel", coupling(reading(PLAIN_CONV, channels(0, UNITS)))),
                Arguments.of("spread units", coupling(reading(spread, channels(0, 2 * UNITS)))),
                Arguments.of("other channels", coupling(reading(concat, channels(2, UNITS + 2)))),
                Arguments.of(
                        "a layer that reads twice",
                        coupling(
                                reading(twice, channels(0, UNITS)),
                                reading(twice, channels(UNITS + 1, 2 * UNITS + 1)))),
                Arguments.of("a kernel with other channels, reversed", coupling(reading(wide, reversed))),
                Arguments.of(
                        "several readers",
                        coupling(
                                reading(READER, channels(0, UNITS)),
                                reading(wide, reversed),
                                reading(spread, channels(0, 2 * UNITS)))));
    }

    private static KnownLayers known(Coupling coupling, long seed) {
        KnownLayers known = new KnownLayers(seed);
        coupling.readers().stream()
                .map(Slice::layer)
                .distinct()
                .forEach(layer -> known.with(layer).seeing(layer, 300));
        return known;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("couplings")
    void errorsAreThoseOfTheOutputsAndMeansStay(String name, Coupling coupling) {
        KnownLayers known = known(coupling, 1);
        Factors factors = factors(coupling, known);
        double before = 1;
        for (int r = 1; r < UNITS; r++) {
            Replacement replacement = factors.at(keep(r));
            double sum = 0;
            for (Layer layer : replacement.stages().keySet()) {
                double[] shown = shown(replacement, layer, known);
                sum += shown[0] / replacement.stages().size();
                assertThat(shown[1]).isLessThan(1e-4);
            }
            assertThat(Math.sqrt(sum)).isCloseTo(factors.error(keep(r)), within(1e-3 * factors.error(keep(r))));
            assertThat(replacement.predictedError()).isEqualTo(factors.error(keep(r)));
            assertThat(factors.error(keep(r))).isLessThan(before);
            before = factors.error(keep(r));
            assertThat(replacement.cut().orElseThrow().kept()).hasSize(r).isSorted();
            assertThat(replacement.layer()).isEqualTo(coupling.layer());
        }
    }

    /** Of 40 elements; errors on the samples that were fitted are less than half of this, and less than a sixth. */
    @ParameterizedTest
    @CsvSource({"80, 30, 0.75, 1.35", "25, 30, 0.4, 2.5"})
    void ofFewSamplesErrorsAreThoseOfOthers(int seen, int units, double least, double most) {
        int all = 40;
        Layer writer = layer("before", Affine.of(all, 4));
        Layer reader = layer("after", Affine.of(8, all));
        Coupling coupling = new Coupling(
                reader,
                Kind.CHANNELS,
                1,
                all,
                List.of(new Slice(writer, Side.WRITES, channels(0, all)), reading(reader, channels(0, all))));
        double predicted = 0;
        double fresh = 0;
        for (int seed = 0; seed < 12; seed++) {
            double[][] samples = KnownLayers.samples(new Random(seed), seen + 2_000, all);
            KnownLayers known = new KnownLayers(seed).with(reader);
            known.seeing(reader, Arrays.copyOf(samples, seen)).counted(reader);
            Replacement replacement = PRUNING.factor(place(coupling), known, keep(all - 1), new PlainLinearAlgebra())
                    .at(keep(units));
            known.seeing(reader, Arrays.copyOfRange(samples, seen, samples.length));
            predicted += Math.pow(replacement.predictedError(), 2);
            fresh += shown(replacement, reader, known)[0];
        }
        assertThat(predicted / fresh).isBetween(least, most);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("couplings")
    void theSameInputsGiveTheSameBits(String name, Coupling coupling) {
        Replacement first = factors(coupling, known(coupling, 1)).at(keep(3));
        Replacement second = factors(coupling, known(coupling, 1)).at(keep(3));

        assertThat(second.cut()).isEqualTo(first.cut());
        first.stages()
                .forEach((layer, stages) -> assertThat(
                                second.stages().get(layer).get(0).weights().all())
                        .isEqualTo(stages.get(0).weights().all()));
    }

    /** On average over random covariances, with a refit for every set of units. */
    @Test
    void unitsAreNearlyTheBestThereAre() {
        Coupling coupling = coupling(reading(READER, channels(0, UNITS)));
        int trials = 20;
        for (int r = 1; r < UNITS - 1; r++) {
            double ratio = 0;
            for (int seed = 0; seed < trials; seed++) {
                KnownLayers known = known(coupling, seed);
                ratio += factors(coupling, known).error(keep(r)) / leastError(coupling, known, r) / trials;
            }
            assertThat(ratio).isBetween(1 - 1e-9, 1.1);
        }
    }

    private static double leastError(Coupling coupling, KnownLayers known, int units) {
        UnitReader reader = UnitReader.of(ReadChannels.of(coupling).get(0), known, new PlainLinearAlgebra());
        double least = 1;
        for (int set = 0; set < 1 << UNITS; set++) {
            if (Integer.bitCount(set) == units) {
                int kept = set;
                int[] order = IntStream.range(0, UNITS)
                        .boxed()
                        .sorted(Comparator.comparing(unit -> (kept >> unit & 1) == 0))
                        .mapToInt(unit -> unit)
                        .toArray();
                least = Math.min(least, reader.fit(order).missing(units));
            }
        }
        return Math.sqrt(least);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("couplings")
    void copiesOfUnitsGoFirstAndButForTheRidgeWithoutLoss(String name, Coupling coupling) {
        KnownLayers known = known(coupling, 2);
        coupling.readers().forEach(slice -> known.seeing(slice.layer(), withCopies(coupling, slice.layer(), known)));

        Factors factors = factors(coupling, known);

        assertThat(factors.error(keep(3))).isLessThan(0.2 * factors.error(keep(2)));
        List<Integer> kept = factors.at(keep(3)).cut().orElseThrow().kept();
        assertThat(kept.stream().map(unit -> unit % 3)).containsExactlyInAnyOrder(0, 1, 2);
    }

    /** Unit u + 3 is three times unit u. */
    private static double[][] withCopies(Coupling coupling, Layer layer, KnownLayers known) {
        int taps = layer.weight().kernelSize();
        return Arrays.stream(known.samples(layer))
                .map(sample -> {
                    double[] copied = sample.clone();
                    for (Slice slice : coupling.readers()) {
                        for (int unit = 3; slice.layer().equals(layer) && unit < UNITS; unit++) {
                            for (int s = 0; s < coupling.spread(slice); s++) {
                                int from = coupling.channels(slice, unit - 3).get(s) * taps;
                                int to = coupling.channels(slice, unit).get(s) * taps;
                                for (int k = 0; k < taps; k++) {
                                    copied[to + k] = 3 * copied[from + k];
                                }
                            }
                        }
                    }
                    return copied;
                })
                .toArray(double[][]::new);
    }

    /** Where taps are not correlated the covariance of channels says all. */
    @Test
    void channelOnlyCovarianceIsThatOfUncorrelatedTaps() {
        Coupling coupling = coupling(reading(PLAIN_CONV, channels(0, UNITS)));
        KnownLayers whole = new KnownLayers(5).with(PLAIN_CONV);
        KnownLayers channels = new KnownLayers(5).with(PLAIN_CONV);
        double[][] samples = uncorrelatedTaps(new Random(6), UNITS, 9);
        whole.seeing(PLAIN_CONV, samples);
        channels.seeing(PLAIN_CONV, samples).channelOnly(PLAIN_CONV);

        Factors expected = factors(coupling, whole);
        Factors found = factors(coupling, channels);

        for (int r = 1; r < UNITS; r++) {
            assertThat(found.error(keep(r))).isCloseTo(expected.error(keep(r)), within(1e-9));
            Replacement replacement = found.at(keep(r));
            Stage stage = replacement.stages().get(PLAIN_CONV).get(0);
            Stage other = expected.at(keep(r)).stages().get(PLAIN_CONV).get(0);
            assertThat(stage.weights().all()).containsExactly(other.weights().all(), within(1e-5f));
            assertThat(stage.biasCorrection().orElseThrow())
                    .containsExactly(other.biasCorrection().orElseThrow(), within(1e-5f));
            assertThat(Math.sqrt(shown(replacement, PLAIN_CONV, channels)[0]))
                    .isCloseTo(found.error(keep(r)), within(1e-5));
        }
    }

    /** Samples of one tap each, the channels of the others at their mean: taps have one covariance and none with each other. */
    private static double[][] uncorrelatedTaps(Random random, int channels, int taps) {
        double[][] seen = KnownLayers.samples(random, 100, channels);
        double[] mean = KnownLayers.mean(seen);
        double[][] samples = new double[seen.length * taps][channels * taps];
        for (int s = 0; s < samples.length; s++) {
            for (int c = 0; c < channels; c++) {
                for (int k = 0; k < taps; k++) {
                    samples[s][c * taps + k] = k == s % taps ? seen[s / taps][c] : mean[c];
                }
            }
        }
        return samples;
    }

    @Test
    void withoutMomentsTheLargestWeightsStayAsTheyAre() {
        Coupling coupling = coupling(reading(PLAIN_CONV, channels(0, UNITS)));
        float[] weights = new float[3 * UNITS * 9];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = i / 9 % UNITS * (i % 2 == 0 ? 1 : -1);
        }
        KnownLayers known = new KnownLayers(1).with(PLAIN_CONV, weights);

        Factors factors = factors(coupling, known);
        Replacement replacement = factors.at(keep(2));

        assertThat(replacement.cut().orElseThrow().kept()).containsExactly(4, 5);
        Stage stage = replacement.stages().get(PLAIN_CONV).get(0);
        assertThat(stage.biasCorrection()).isEmpty();
        assertThat(stage.op().weight()).isEqualTo(new WeightShape(3, 2, List.of(3, 3)));
        for (int i = 0; i < 3 * 2 * 9; i++) {
            int from = (i / 18 * UNITS + 4 + i / 9 % 2) * 9 + i % 9;
            assertThat(stage.weights().all()[i]).isEqualTo(weights[from]);
        }
        assertThat(factors.error(keep(2))).isCloseTo(Math.sqrt((1 + 4 + 9) / 55.0), within(1e-9));
    }

    @Test
    void constantInputsSayNothing() {
        Coupling coupling = coupling(reading(READER, channels(0, UNITS)));
        KnownLayers known = new KnownLayers(1).with(READER);
        Factors free = factors(coupling, known);
        double[][] constant = new double[5][UNITS];
        Arrays.stream(constant).forEach(sample -> Arrays.fill(sample, 2));

        Factors factors = factors(coupling, known.seeing(READER, constant));

        assertThat(factors.error(keep(2))).isEqualTo(free.error(keep(2)));
        assertThat(factors.at(keep(2)).cut()).isEqualTo(free.at(keep(2)).cut());
    }

    @Test
    void unitsThatAreAlwaysZeroGoFirst() {
        Coupling coupling = coupling(reading(READER, channels(0, UNITS)));
        KnownLayers known = known(coupling, 3);
        for (double[] sample : known.samples(READER)) {
            sample[1] = 0;
            sample[4] = 7;
        }
        Factors factors = factors(coupling, known.seeing(READER, known.samples(READER)));

        Replacement replacement = factors.at(keep(4));

        assertThat(replacement.cut().orElseThrow().kept()).containsExactly(0, 2, 3, 5);
        assertThat(factors.error(keep(4))).isLessThan(1e-6);
        assertThat(shown(replacement, READER, known)[1]).isLessThan(1e-4);
    }

    @Test
    void everyReaderCountsRelativeToItsEnergy() {
        Layer other = layer("other", Affine.of(3, UNITS));
        Coupling both = coupling(reading(READER, channels(0, UNITS)), reading(other, channels(0, UNITS)));
        KnownLayers known = new KnownLayers(4)
                .with(READER, only(0, 1000))
                .with(other, only(5, 1))
                .seeing(READER, 200)
                .seeing(other, 200);

        List<Integer> kept =
                factors(both, known).at(keep(2)).cut().orElseThrow().kept();

        assertThat(kept).containsExactly(0, 5);
    }

    private static float[] only(int channel, float value) {
        float[] weights = new float[3 * UNITS];
        for (int o = 0; o < 3; o++) {
            weights[o * UNITS + channel] = value;
        }
        return weights;
    }

    @Test
    void choicesAreMultiplesBelowAllUnits() {
        Place place = place(coupling(reading(READER, channels(0, UNITS))));

        assertThat(PRUNING.forms()).containsExactly("channel-pruning");
        assertThat(PRUNING.choices(place, "channel-pruning", 1))
                .containsExactly(keep(1), keep(2), keep(3), keep(4), keep(5));
        assertThat(PRUNING.choices(place, "channel-pruning", 3)).containsExactly(keep(3));
        assertThat(PRUNING.choices(place, "channel-pruning", 6)).isEmpty();
        assertThat(PRUNING.choices(READER, "channel-pruning", 1)).isEmpty();
    }

    @Test
    void bothSidesGetSmaller() {
        Place place = place(coupling(reading(READER, channels(0, UNITS))));

        assertThat(PRUNING.blueprint(place, keep(2)).stages()).isEmpty();
        assertThat(PRUNING.blueprint(place, keep(2)).shrinks())
                .isEqualTo(Map.of(WRITER.id(), new Shrink(4, 0), READER.id(), new Shrink(0, 4)));
    }

    @Test
    void aSizeIsUnitsThatStay() {
        Place place = place(coupling(reading(READER, channels(0, UNITS))));

        assertThat(PRUNING.size(place, keep(2))).isEqualTo("2 of 6 units");
    }

    @Test
    void whatThereIsNotIsRefused() {
        Coupling coupling = coupling(reading(READER, channels(0, UNITS)));
        assertThatThrownBy(() -> PRUNING.blueprint(Place.of(READER), keep(1)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'reader' (3×6) has no channel-pruning form, which is for channels between layers.");
        assertThatThrownBy(() -> PRUNING.blueprint(place(coupling), keep(6)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'reader' (3×6) has no channel-pruning that keeps 6; allowed: channel-pruning, 1 … 5 of 6 units.");
        Factors factors = factors(coupling, known(coupling, 1));
        assertThat(factors.covers(keep(5))).isTrue();
        assertThat(factors.covers(keep(6))).isFalse();
        assertThat(factors.covers(Choice.of("spatial", 1))).isFalse();
        assertThatThrownBy(() -> factors.at(keep(6)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(
                        "Layer 'reader' (3×6) has no channel-pruning that keeps 6; allowed: channel-pruning, 1 … 5 of 6 units.");
        KnownLayers other = new KnownLayers(1).with(READER).seeing(READER, new double[3][UNITS - 1]);
        assertThatThrownBy(() -> factors(coupling, other))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments given for layer 'reader' (3×6, 1 groups) belong to a layer of another shape.");
        KnownLayers wide = new KnownLayers(1);
        wide.with(layer("reader", Affine.of(3, UNITS + 1)));
        assertThatThrownBy(() -> factors(coupling, wide))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'reader' of shape 3×6 needs weights of that shape, found 3×7.");
    }

    @Test
    void weightsThatAreNotFiniteAreRefused() {
        Coupling coupling = coupling(reading(READER, channels(0, UNITS)));
        float[] weights = new float[3 * UNITS];
        weights[7] = Float.NaN;
        assertThatThrownBy(() -> factors(coupling, new KnownLayers(1).with(READER, weights)))
                .isInstanceOf(LinearAlgebraException.class)
                .hasMessage(
                        "Layer 'reader': A 3×6 float32 matrix holds NaN at row 1, column 1; only finite elements can"
                                + " be used.");
    }
}
