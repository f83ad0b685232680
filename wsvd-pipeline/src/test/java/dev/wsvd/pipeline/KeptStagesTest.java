package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Weights of stages on disk are those that were made. */
class KeptStagesTest {
    private static final Choice CHOICE = Choice.of("input-channel", 300);

    private static Layer layer(String name, ElementType type) {
        return new Layer(
                new LayerId(name),
                Affine.of(1_000, 1_200),
                List.of(1L, 1_200L),
                List.of(1L, 1_000L),
                type,
                Optional.empty(),
                Optional.empty());
    }

    private static float[] random(int count) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static Stage first() {
        return new Stage(Affine.of(300, 1_200), random(300 * 1_200));
    }

    private static Stage second(float[] weights) {
        Affine op = Affine.of(1_000, 300);
        return new Stage(op, Weights.of(op.weight(), weights), Optional.of(new float[1_000]));
    }

    private static Replacement replacement(Layer layer, float[] second) {
        return Replacement.of(layer, CHOICE, List.of(first(), second(second)), 0.5);
    }

    @Test
    void areTheSameFromDisk() {
        Replacement made = replacement(layer("float", ElementType.FLOAT32), random(300_000));
        try (KeptStages stages = new KeptStages(0, new UnnamedFile())) {
            Replacement kept = stages.kept(made);

            for (int i = 0; i < 2; i++) {
                Stage before = made.parts().get(i);
                Stage after = kept.parts().get(i);
                assertThat(after.weights()).isNotEqualTo(before.weights());
                assertThat(after.weights().all()).isEqualTo(before.weights().all());
                assertThat(after.weights().rows(7, 9))
                        .isEqualTo(before.weights().rows(7, 9));
                assertThat(after.biasCorrection()).isEqualTo(before.biasCorrection());
            }
            assertThat(kept.predictedError()).isEqualTo(0.5);
            assertThat(kept.choice()).isEqualTo(CHOICE);
        }
    }

    @Test
    void areHalvesWhereTheModelHasHalves() {
        float[] weights = random(300_000);
        weights[5] = 1 / 3f;
        try (KeptStages stages = new KeptStages(0, new UnnamedFile())) {
            Weights kept = stages.kept(replacement(layer("half", ElementType.FLOAT16), weights))
                    .parts()
                    .get(1)
                    .weights();

            assertThat(kept.type()).isEqualTo(ElementType.FLOAT16);
            assertThat(kept.all()[5]).isEqualTo(0.33325195f);
        }
    }

    /** The format says so by its name when it writes them. */
    @Test
    void whatNoHalfHoldsStaysAsItIs() {
        float[] weights = random(300_000);
        weights[5] = 1e6f;
        try (KeptStages stages = new KeptStages(0, new UnnamedFile())) {
            Weights kept = stages.kept(replacement(layer("half", ElementType.FLOAT16), weights))
                    .parts()
                    .get(1)
                    .weights();

            assertThat(kept.all()).isEqualTo(weights);
        }
    }

    @Test
    void staysInMemoryUpToTheBoundAndWhereThereIsNoRoom() {
        Replacement made = replacement(layer("float", ElementType.FLOAT32), random(300_000));
        try (KeptStages roomy = new KeptStages(10_000_000, new UnnamedFile());
                KeptStages full = new KeptStages(0, new UnnamedFile(0))) {
            assertThat(roomy.kept(made)).isEqualTo(made);
            assertThat(full.kept(made)).isEqualTo(made);
        }
    }

    @Test
    void aSharedStageIsSharedStill() {
        Layer one = layer("one", ElementType.FLOAT32);
        Layer other = layer("other", ElementType.FLOAT32);
        Stage shared = first();
        Siblings siblings = new Siblings(List.of(one, other));
        Replacement made = Replacement.of(
                siblings,
                CHOICE,
                Map.of(
                        one, List.of(shared, second(random(300_000))),
                        other, List.of(shared, second(random(300_000)))),
                0.5);
        try (KeptStages stages = new KeptStages(0, new UnnamedFile())) {
            Replacement kept = stages.kept(made);

            assertThat(kept.stages().get(one).get(0).weights())
                    .isSameAs(kept.stages().get(other).get(0).weights());
            assertThat(kept.siblings()).contains(siblings);
        }
    }
}
