package dev.wsvd.calibration;

import static dev.wsvd.calibration.RecordedActivations.floats;
import static dev.wsvd.calibration.RecordedActivations.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.moments.Projection;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JointStatisticsTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final Layer FC = RecordedActivations.linear("fc", 1, 2);
    /** Takes the first of two elements. */
    private static final Projection FIRST = new Projection(List.of(new Matrix(1, 2, new double[] {1, 0})), 1);

    @Test
    void everyFifthBatchIsHeldOut() {
        float[] original = random(20, 1);
        float[] now = random(20, 2);
        Map<String, Tensor> before = Map.of("in:fc", floats(10, 2, original), "out:fc", floats(10, 1, random(10, 3)));
        Map<String, Tensor> after = Map.of("in:fc", floats(10, 2, now));

        JointStatistics joint = joint(10, before, after).orElseThrow();

        // Two samples a batch, so that the last batch is held out.
        assertThat(joint.heldOut().get(0).mean()[0]).isCloseTo((now[16] + now[18]) / 2, within(1e-6));
        assertThat(joint.heldOut().get(0).originalMean()[1]).isCloseTo((original[17] + original[19]) / 2, within(1e-6));
        double sum = 0;
        for (int i = 0; i < 8; i++) {
            sum += now[2 * i];
        }
        assertThat(joint.learnt().get(0).mean()[0]).isCloseTo(sum / 8, within(1e-6));
    }

    @Test
    void tooFewInputsHoldNoneOut() {
        Map<String, Tensor> model = Map.of("in:fc", floats(4, 2, random(8, 1)), "out:fc", floats(4, 1, random(4, 2)));

        assertThat(joint(4, model, model)).isEmpty();
    }

    @Test
    void aLayerThatCannotBeWatchedHasNone() {
        Map<String, Tensor> whole = Map.of("in:fc", floats(9, 2, random(18, 1)), "out:fc", floats(9, 1, random(9, 2)));
        Map<String, Tensor> withoutOutput = Map.of("in:fc", floats(9, 2, random(18, 1)));
        Map<String, Tensor> withoutInput = Map.of("out:fc", floats(9, 1, random(9, 2)));

        assertThat(joint(9, whole, whole)).isPresent();
        assertThat(joint(9, withoutOutput, whole)).isEmpty();
        assertThat(joint(9, withoutInput, whole)).isEmpty();
        assertThat(joint(9, whole, withoutInput)).isEmpty();
    }

    @Test
    void whatAResidualSumHasGotLessIsAddedToWhatALayerGave() {
        float[] given = random(10, 3);
        float[] added = random(10, 4);
        float[] addedNow = random(10, 5);
        Tensor seen = floats(10, 2, random(20, 1));
        Map<String, Tensor> before =
                Map.of("in:fc", seen, "out:fc", floats(10, 1, given), "added:fc", floats(10, 1, added));
        Map<String, Tensor> now = Map.of("in:fc", floats(10, 2, random(20, 2)), "added:fc", floats(10, 1, addedNow));
        float[] sum = new float[10];
        double missing = 0;
        for (int i = 0; i < 10; i++) {
            sum[i] = given[i] + added[i] - addedNow[i];
            missing += i < 8 ? (added[i] - addedNow[i]) / 8 : 0;
        }

        JointMoments moments = joint(10, before, now).orElseThrow().learnt().get(0);
        JointMoments expected = joint(10, Map.of("in:fc", seen, "out:fc", floats(10, 1, sum)), now)
                .orElseThrow()
                .learnt()
                .get(0);

        assertThat(moments.energy()).isCloseTo(expected.energy(), within(1e-6));
        assertThat(moments.cross().get(0, 0)).isCloseTo(expected.cross().get(0, 0), within(1e-6));
        assertThat(moments.missing()[0]).isCloseTo(missing, within(1e-6));
        assertThat(expected.missing()[0]).isZero();
    }

    @Test
    void aLayerWithFewerChannelsSeesThoseThatAreLeft() {
        Layer wide = RecordedActivations.linear("fc", 3, 2);
        Layer narrow = RecordedActivations.linear("fc", 2, 1);
        float[] given = random(30, 3);
        float[] added = random(30, 4);
        float[] addedNow = random(20, 5);
        float[] seenNow = random(10, 6);
        Map<String, Tensor> before = Map.of(
                "in:fc",
                floats(10, 2, random(20, 1)),
                "out:fc",
                floats(10, 3, given),
                "added:fc",
                floats(10, 3, added));
        Map<String, Tensor> now = Map.of("in:fc", floats(10, 1, seenNow), "added:fc", floats(10, 2, addedNow));

        JointMoments moments;
        try (Lockstep<Map<String, Tensor>> lockstep =
                new Lockstep<>(new RecordedActivations(10), before, List.of(wide), EJML)) {
            moments = lockstep.at(now, wide, new NarrowedLayer(narrow, List.of(0, 2)))
                    .orElseThrow()
                    .learnt()
                    .get(0);
        }

        double mean = 0;
        double[] missing = new double[3];
        for (int i = 0; i < 8; i++) {
            mean += seenNow[i] / 8;
            missing[0] += (added[3 * i] - addedNow[2 * i]) / 8;
            missing[2] += (added[3 * i + 2] - addedNow[2 * i + 1]) / 8;
        }
        assertThat(moments.mean()).hasSize(1);
        assertThat(moments.mean()[0]).isCloseTo(mean, within(1e-6));
        assertThat(moments.cross().rows()).isEqualTo(3);
        assertThat(moments.missing()[0]).isCloseTo(missing[0], within(1e-6));
        // The channel that is gone is fitted to what the layer gave.
        assertThat(moments.missing()[1]).isZero();
        assertThat(moments.missing()[2]).isCloseTo(missing[2], within(1e-6));
    }

    private static Optional<JointStatistics> joint(long samples, Map<String, Tensor> before, Map<String, Tensor> now) {
        RecordedActivations inputs = new RecordedActivations(samples);
        Optional<JointStatistics> joint;
        try (Lockstep<Map<String, Tensor>> lockstep = new Lockstep<>(inputs, before, List.of(FC), EJML)) {
            joint = lockstep.at(now, FC, FIRST);
        }
        assertThat(inputs.open).isZero();
        return joint;
    }
}
