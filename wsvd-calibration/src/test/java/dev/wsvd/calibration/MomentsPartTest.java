package dev.wsvd.calibration;

import static dev.wsvd.calibration.RecordedActivations.floats;
import static dev.wsvd.calibration.RecordedActivations.linear;
import static dev.wsvd.calibration.RecordedActivations.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MomentsPartTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final int SAMPLES = 730;
    private static final int POSITIONS = 100;
    private static final Layer FC = linear("fc", 3, 4);
    private static final Layer TOKENS = linear(
            "tokens", WeightShape.linear(3, 2), List.of(1L, (long) POSITIONS, 2L), List.of(1L, (long) POSITIONS, 3L));
    private static final Layer TABLE = Layer.of(new LayerId("table"), Lookup.of(2, 7), List.of(1L), List.of(1L, 2L));
    private static final List<Layer> LAYERS = List.of(FC, TABLE, TOKENS);
    private static final Map<String, Tensor> MODEL = Map.of(
            "in:fc", floats(SAMPLES, 4, random(SAMPLES * 4, 1)),
            "in:table",
                    Tensor.ofLongs(
                            List.of((long) SAMPLES),
                            LongStream.range(0, SAMPLES).map(i -> i * i % 7).toArray()),
            "in:tokens",
                    Tensor.ofFloats(List.of((long) SAMPLES, (long) POSITIONS, 2L), random(SAMPLES * POSITIONS * 2, 2)));

    @Test
    void partsHaveTheBatchesOfAWholeRun() {
        RecordedActivations whole = new RecordedActivations(SAMPLES);
        RecordedActivations inParts = new RecordedActivations(SAMPLES);

        Moments.of(whole, MODEL, LAYERS, EJML).close();
        IntStream.range(0, 3).forEach(number -> part(inParts, SampleRange.part(number, 3, SAMPLES)));

        assertThat(inParts.runs.stream().flatMap(List::stream)).containsExactlyElementsOf(whole.runs.get(0));
        assertThat(inParts.runs).hasSize(3).noneMatch(List::isEmpty);
        assertThat(inParts.open).isZero();
    }

    @Test
    void partsGiveTheMomentsOfAWholeRunBothOfAllPatchesAndOfSome() {
        try (LearntMoments whole = Moments.of(new RecordedActivations(SAMPLES), MODEL, LAYERS, EJML);
                LearntMoments merged = merged(3)) {
            assertThat(merged.keySet()).containsExactlyElementsOf(whole.keySet());
            assertThat(whole.get(TOKENS.id()).patches()).isLessThan(SAMPLES * POSITIONS);
            merged.forEach((layer, found) -> assertClose(found, whole.get(layer)));
        }
    }

    @Test
    void moreRangesThanBatchesLeaveSomeWithoutAny() {
        try (LearntMoments whole = Moments.of(new RecordedActivations(SAMPLES), MODEL, LAYERS, EJML);
                LearntMoments merged = merged(40)) {
            merged.forEach((layer, found) -> assertClose(found, whole.get(layer)));
        }
    }

    @Test
    void onePartIsAWholeRunToTheBit() {
        try (LearntMoments whole = Moments.of(new RecordedActivations(SAMPLES), MODEL, LAYERS, EJML);
                LearntMoments merged = merged(1)) {
            merged.forEach((layer, found) -> assertSame(found, whole.get(layer)));
        }
    }

    @Test
    void theSamePartsGiveTheSameToTheBit() {
        try (LearntMoments once = merged(3);
                LearntMoments again = merged(3)) {
            again.forEach((layer, found) -> assertSame(found, once.get(layer)));
        }
    }

    @Test
    void layersThatAreWatchedOneAfterTheOtherArePartsOfTheirOwn() {
        List<MomentsPart> parts = new ArrayList<>();
        Passes passes = Passes.of(LAYERS, MomentSums::bytes, 0);
        try (MomentsParts<Map<String, Tensor>> each =
                new MomentsParts<>(new RecordedActivations(SAMPLES), MODEL, passes, EJML, SampleRange.all(SAMPLES))) {
            each.forEachRemaining(parts::add);
        }

        assertThat(parts).hasSize(3);
        try (LearntMoments whole = Moments.of(
                        new RecordedActivations(SAMPLES), MODEL, LAYERS, EJML, Long.MAX_VALUE, 0, new UnnamedFile());
                LearntMoments found = Moments.of(parts.iterator(), LAYERS)) {
            found.forEach((layer, moments) -> assertSame(moments, whole.get(layer)));
        }
    }

    @Test
    void inputsThatAreSomeOfAllCountAsSuch() {
        long half = SAMPLES / 2;
        MomentsPart first = part(new RecordedActivations(half), SampleRange.of(half, 0, SAMPLES), samples(0, half));
        MomentsPart second = part(
                new RecordedActivations(SAMPLES - half),
                SampleRange.of(SAMPLES - half, half, SAMPLES),
                samples(half, SAMPLES));

        try (LearntMoments whole = Moments.of(new RecordedActivations(SAMPLES), MODEL, LAYERS, EJML);
                LearntMoments merged = Moments.of(List.of(first.plus(second)).iterator(), LAYERS)) {
            assertClose(merged.get(FC.id()), whole.get(FC.id()));
            assertClose(merged.get(TABLE.id()), whole.get(TABLE.id()));
            assertThat((double) merged.get(TOKENS.id()).patches())
                    .isCloseTo(whole.get(TOKENS.id()).patches(), within(10.0));
        }
    }

    @Test
    void partsOfOtherLayersAreRefused() {
        MomentsPart all = part(new RecordedActivations(SAMPLES), SampleRange.all(SAMPLES));
        Map<String, Tensor> same = Map.of("in:fc", MODEL.get("in:fc"));

        assertThatThrownBy(() -> all.plus(part(new RecordedActivations(SAMPLES), SampleRange.all(SAMPLES), same)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Sums over what other layers see cannot be added.");
    }

    @Test
    void aRangeIsAmongAllSamples() {
        assertThatThrownBy(() -> new SampleRange(0, 8, 3, 10))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Samples 0 to 8 behind 3 others are not among 10 samples.");
    }

    private static LearntMoments merged(int count) {
        MomentsPart whole = IntStream.range(0, count)
                .mapToObj(number ->
                        sent(part(new RecordedActivations(SAMPLES), SampleRange.part(number, count, SAMPLES))))
                .reduce(MomentsPart::plus)
                .orElseThrow();
        return Moments.of(List.of(whole).iterator(), LAYERS);
    }

    private static MomentsPart part(RecordedActivations inputs, SampleRange range) {
        return part(inputs, range, MODEL);
    }

    private static MomentsPart part(RecordedActivations inputs, SampleRange range, Map<String, Tensor> model) {
        try (MomentsParts<Map<String, Tensor>> parts = Moments.parts(inputs, model, LAYERS, EJML, range)) {
            MomentsPart part = parts.next();
            assertThat(parts.hasNext()).isFalse();
            return part;
        }
    }

    private static Map<String, Tensor> samples(long from, long to) {
        return Map.of(
                "in:fc", MODEL.get("in:fc").samples(from, to),
                "in:table", MODEL.get("in:table").samples(from, to),
                "in:tokens", MODEL.get("in:tokens").samples(from, to));
    }

    /** As it comes out of a stream at the other end. */
    private static MomentsPart sent(MomentsPart part) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(part);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                return (MomentsPart) in.readObject();
            }
        } catch (IOException | ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertClose(LayerMoments found, LayerMoments expected) {
        PatchMoments group = found.groups().get(0);
        PatchMoments other = expected.groups().get(0);
        assertThat(found.patches()).isEqualTo(expected.patches());
        assertThat(group.mean()).containsExactly(other.mean(), within(1e-12));
        assertThat(group.covariance().data()).containsExactly(other.covariance().data(), within(1e-12));
    }

    private static void assertSame(LayerMoments found, LayerMoments expected) {
        PatchMoments group = found.groups().get(0);
        PatchMoments other = expected.groups().get(0);
        assertThat(found.patches()).isEqualTo(expected.patches());
        assertThat(group.mean()).isEqualTo(other.mean());
        assertThat(group.covariance().data()).isEqualTo(other.covariance().data());
    }
}
