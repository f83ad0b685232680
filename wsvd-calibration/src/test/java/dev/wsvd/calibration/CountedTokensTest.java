package dev.wsvd.calibration;

import static dev.wsvd.calibration.RecordedActivations.floats;
import static dev.wsvd.calibration.RecordedActivations.linear;
import static dev.wsvd.calibration.RecordedActivations.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Texts of different lengths are filled up, and what a model makes of that tells nothing about it. */
class CountedTokensTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final int TEXTS = 6;
    private static final int TOKENS = 4;
    /** Texts of 1 … 4 tokens. */
    private static final Tensor MASK = Tensor.ofLongs(
            List.of((long) TEXTS, (long) TOKENS),
            new long[] {1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0});

    private static final int COUNTED = 16;
    private static final Layer FC = linear("fc", 2, 3);

    @Test
    void momentsAreOfCountedTokens() {
        Tensor seen = tokens(3, 1);

        LayerMoments moments = moments(new RecordedActivations(MASK), seen, FC);

        assertThat(moments.patches()).isEqualTo(COUNTED);
        assertSame(moments(new RecordedActivations(COUNTED), counted(seen, 3), FC), moments);
        // As where an exporter makes one dim of samples and tokens.
        Tensor flat = new Tensor(seen.type(), List.of((long) TEXTS * TOKENS, 3L), seen.data());
        assertSame(moments(new RecordedActivations(MASK), flat, FC), moments);
    }

    @Test
    void whatHasNoTokensIsTakenAsItIs() {
        Tensor pooled = floats(TEXTS, 3, random(TEXTS * 3, 2));

        assertThat(moments(new RecordedActivations(MASK), pooled, FC).patches()).isEqualTo(TEXTS);
        Layer conv = Layer.of(
                new LayerId("fc"),
                new Convolution(new WeightShape(2, TOKENS, List.of(1)), 1, List.of(1)),
                List.of(1L, (long) TOKENS, 3L),
                List.of(1L, 2L, 3L));
        Tensor channels = tokens(3, 3);
        Map<String, Tensor> model = Map.of("in:fc", channels, "out:fc", tokens(3, 4));
        assertThat(Moments.of(new RecordedActivations(MASK), model, List.of(conv), EJML)
                        .get(conv.id())
                        .patches())
                .isEqualTo(TEXTS * 3);
    }

    @Test
    void rowsOfATableAreCountedForCountedTokens() {
        long[] indices = new long[TEXTS * TOKENS];
        for (int i = 0; i < indices.length; i++) {
            indices[i] = MASK.getDouble(i) == 0 ? 9 : i % 3;
        }
        Layer table = Layer.of(
                new LayerId("fc"), new Lookup(WeightShape.linear(2, 10)), List.of(1L, 4L), List.of(1L, 4L, 2L));

        LayerMoments moments = moments(new RecordedActivations(MASK), Tensor.ofLongs(MASK.shape(), indices), table);

        assertThat(moments.patches()).isEqualTo(COUNTED);
        assertThat(moments.groups().get(0).mean()[9]).isZero();
    }

    @Test
    void jointMomentsAreOfCountedTokens() {
        Projection first = new Projection(List.of(new Matrix(1, 3, new double[] {1, 0, 0})), 1);
        Map<String, Tensor> before = Map.of("in:fc", tokens(3, 1), "out:fc", tokens(2, 5));
        Map<String, Tensor> after = Map.of("in:fc", tokens(3, 6));
        Map<String, Tensor> other = Map.of("in:fc", otherwisePadded(tokens(3, 6)));

        JointStatistics joint = joint(before, after, first);

        assertSame(joint(before, other, first), joint);
        assertThat(joint.learnt().get(0).mean()[0])
                .isNotEqualTo(joint.heldOut().get(0).mean()[0]);
    }

    private static JointStatistics joint(Map<String, Tensor> before, Map<String, Tensor> after, Projection first) {
        try (Lockstep<Map<String, Tensor>> lockstep =
                new Lockstep<>(new RecordedActivations(MASK), before, List.of(FC), EJML)) {
            return lockstep.at(after, FC, first).orElseThrow();
        }
    }

    @Test
    void divergenceIsOfCountedTokens() {
        Map<String, Tensor> original = Map.of("y", tokens(3, 1));
        Map<String, Tensor> padding = Map.of("y", otherwisePadded(tokens(3, 1)));
        Map<String, Tensor> other = Map.of("y", tokens(3, 2));

        assertThat(new Divergence<>(new RecordedActivations(MASK), original).of(padding))
                .isZero();
        double counted = new Divergence<>(
                        new RecordedActivations(COUNTED), Map.of("y", single(counted(original.get("y"), 3))))
                .of(Map.of("y", single(counted(other.get("y"), 3))));
        assertThat(new Divergence<>(new RecordedActivations(MASK), original).of(other))
                .isCloseTo(counted, within(1e-12));
    }

    private static void assertSame(Object found, Object expected) {
        assertThat(found).usingRecursiveComparison().isEqualTo(expected);
    }

    private static LayerMoments moments(RecordedActivations inputs, Tensor seen, Layer layer) {
        return Moments.of(inputs, Map.of("in:fc", seen), List.of(layer), EJML).get(layer.id());
    }

    private static Tensor tokens(int width, long seed) {
        return Tensor.ofFloats(
                List.of((long) TEXTS, (long) TOKENS, (long) width), random(TEXTS * TOKENS * width, seed));
    }

    /** With other values where nothing counts. */
    private static Tensor otherwisePadded(Tensor tokens) {
        int width = tokens.shape().get(2).intValue();
        float[] values = new float[(int) tokens.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (tokens.getDouble(i) + (MASK.getDouble(i / width) == 0 ? 100 : 0));
        }
        return Tensor.ofFloats(tokens.shape(), values);
    }

    private static Tensor counted(Tensor tokens, int width) {
        float[] values = new float[COUNTED * width];
        int at = 0;
        for (int i = 0; i < tokens.elements(); i++) {
            if (MASK.getDouble(i / width) != 0) {
                values[at++] = (float) tokens.getDouble(i);
            }
        }
        return floats(COUNTED, width, values);
    }

    /** One token per sample. */
    private static Tensor single(Tensor rows) {
        return new Tensor(rows.type(), List.of((long) COUNTED, 1L, 3L), rows.data());
    }
}
