package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.wsvd.adapter.djl.internal.block.Weights;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.testkit.ExactFactors;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What factors add to the bias of the last layer, the outputs gain. */
class ShiftedBiasTest {
    private static final Shape INPUT = new Shape(1, 3, 8, 8);

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16"})
    void isAddedToTheBias(DataType type) {
        try (Model model = Networks.model(Networks::mixed, type, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            Layer last = original.layers().get(original.layers().size() - 1);
            FactorizedLayer exact = ExactFactors.of(last, original.weight(last.id()), Unfolding.INPUT_CHANNEL);
            float[] shift = {1, -2, 3, 0.5f, 0};
            FactorizedLayer shifted =
                    new FactorizedLayer(last, exact.split(), exact.first(), exact.second(), Optional.of(shift), 0);

            try (CompressibleModel<Model> plain = original.with(List.of(exact));
                    CompressibleModel<Model> moved = original.with(List.of(shifted))) {
                float[] before = bias(plain);
                float[] after = bias(moved);
                assertThat(after).hasSize(shift.length);
                for (int i = 0; i < shift.length; i++) {
                    assertThat(after[i]).isCloseTo(before[i] + shift[i], within(2e-3f));
                }
            }
        }
    }

    private static float[] bias(CompressibleModel<Model> model) {
        return model.model().getBlock().getParameters().values().stream()
                .filter(p ->
                        p.getName().equals("bias") && p.getArray().getShape().size() == 5)
                .reduce((first, second) -> second)
                .map(p -> Weights.read(p.getArray()))
                .orElseThrow();
    }
}
