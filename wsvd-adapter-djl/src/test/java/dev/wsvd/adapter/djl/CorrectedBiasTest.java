package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.wsvd.adapter.djl.internal.block.ParameterArrays;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the last stage adds to the bias, the outputs gain. */
class CorrectedBiasTest {
    private static final Shape INPUT = new Shape(1, 3, 8, 8);

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16"})
    void isAddedToTheBias(DataType type) {
        try (Model model = Networks.model(Networks::mixed, type, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            Layer last = original.layers().get(original.layers().size() - 1);
            Replacement exact = ExactFactors.of(last, original.weights(last.id()), ExactForm.INPUT_CHANNEL);
            float[] correction = {1, -2, 3, 0.5f, 0};
            Replacement corrected = corrected(exact, correction);

            try (CompressibleModel<Model> plain = original.with(List.of(exact));
                    CompressibleModel<Model> moved = original.with(List.of(corrected))) {
                float[] before = bias(plain);
                float[] after = bias(moved);
                assertThat(after).hasSize(correction.length);
                for (int i = 0; i < correction.length; i++) {
                    assertThat(after[i]).isCloseTo(before[i] + correction[i], within(2e-3f));
                }
            }
        }
    }

    /** Two stages with a bias correction. */
    static Replacement corrected(Replacement exact, float[] correction) {
        Stage last = exact.parts().get(1);
        return Replacement.of(
                exact.layer(),
                exact.choice(),
                List.of(exact.parts().get(0), new Stage(last.op(), last.weights(), Optional.of(correction))),
                0);
    }

    private static float[] bias(CompressibleModel<Model> model) {
        return model.model().getBlock().getParameters().values().stream()
                .filter(p ->
                        p.getName().equals("bias") && p.getArray().getShape().size() == 5)
                .reduce((first, second) -> second)
                .map(p -> ParameterArrays.read(p.getArray()))
                .orElseThrow();
    }
}
