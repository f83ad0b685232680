package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.util.Pair;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** What a model with replaced layers has of the original, and what it leaves alone. */
class DjlReplacementTest {
    private static final Shape INPUT = new Shape(2, 4, 8, 8);

    @Test
    void theOriginalIsLeftAloneAndOutlivesTheSplit() {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            float[] before = Networks.run(model, INPUT);
            Map<String, float[]> weights = values(model);
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            CompressibleModel<Model> split = original.with(all(original, 1));
            for (Parameter parameter : split.model().getBlock().getParameters().values()) {
                parameter.getArray().addi(1);
            }
            split.close();

            assertThat(split.model().getNDManager().isOpen()).isFalse();
            assertThat(values(model)).usingRecursiveComparison().isEqualTo(weights);
            assertThat(Networks.run(model, INPUT)).isEqualTo(before);
            original.close();
            assertThat(model.getNDManager().isOpen()).as("the user's own model").isTrue();
        }
    }

    @Test
    void noArrayOfTheOriginalOutlivesIt() {
        CompressibleModel<Model> split;
        float[] expected;
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            split = original.with(all(original, 2));
            expected = Networks.run(split.model(), INPUT);
        }
        try (split) {
            assertThat(Networks.run(split.model(), INPUT)).isEqualTo(expected);
        }
    }

    @Test
    void everySplitClosesWhatItReplaces() {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            try (CompressibleModel<Model> split = original.with(all(original, 1))) {
                long elements = split.model().getBlock().getParameters().values().stream()
                        .mapToLong(parameter -> parameter.getArray().getShape().size())
                        .sum();
                long held = split.model().getNDManager().getManagedArrays().stream()
                        .mapToLong(array -> array.getShape().size())
                        .sum();
                assertThat(held).isEqualTo(elements);
            }
        }
    }

    @Test
    void frozenStaysFrozenAndTrainedStaysTrained() {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.getBlock().freezeParameters(true, parameter -> parameter == parameter(model, "01Conv2d_weight"));
            model.getBlock().freezeParameters(true, parameter -> parameter == parameter(model, "07Linear_bias"));
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            try (CompressibleModel<Model> split = original.with(all(original, 2))) {
                Map<String, Boolean> trained = new LinkedHashMap<>();
                split.model().getBlock().getParameters().forEach(p -> {
                    trained.put(p.getKey(), p.getValue().requiresGradient());
                    assertThat(p.getValue().getArray().hasGradient())
                            .as(p.getKey())
                            .isEqualTo(p.getValue().requiresGradient());
                });
                assertThat(trained)
                        .containsEntry("01Conv2d_01Conv2d_weight", false)
                        .containsEntry("01Conv2d_02Conv2d_weight", false)
                        .containsEntry("01Conv2d_02Conv2d_bias", true)
                        .containsEntry("07Linear_01Linear_weight", true)
                        .containsEntry("07Linear_02Linear_weight", true)
                        .containsEntry("07Linear_02Linear_bias", false)
                        .containsEntry("09Linear_02Linear_bias", true)
                        .containsEntry("03ParallelBlock_02SequentialBlock_02BatchNorm_runningMean", false)
                        .doesNotContainKey("07Linear_weight");
            }
        }
    }

    @Test
    void halfPrecisionStaysHalf() {
        Supplier<Block> blocks =
                () -> new SequentialBlock().add(Networks.linear(12)).add(Networks.linear(4));
        Shape input = new Shape(3, 10);
        try (Model model = Networks.model(blocks, DataType.FLOAT16, input)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            float[] expected = Networks.run(model, input);
            List<Replacement> exact = original.layers().stream()
                    .map(l -> ExactFactors.of(l, original.weights(l.id()), ExactForm.OUTPUT_CHANNEL))
                    .toList();
            try (CompressibleModel<Model> split = original.with(exact)) {
                assertThat(split.model().getDataType()).isEqualTo(DataType.FLOAT16);
                assertThat(split.model().getBlock().getParameters().values())
                        .allMatch(p -> p.getArray().getDataType() == DataType.FLOAT16);
                assertThat(Networks.run(split.model(), input)).containsExactly(expected, Offset.offset(5e-3f));
                LayerId first = new LayerId("02Linear_02Linear");
                assertThat(split.weights(first).all())
                        .isEqualTo(exact.get(1).parts().get(1).weights().all());
            }
        }
    }

    @Test
    void nameTypeDeviceAndPropertiesAreTheOriginals() {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.setProperty("classes", "5");
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            try (CompressibleModel<Model> split = original.with(all(original, 1))) {
                assertThat(split.model().getName()).isEqualTo("example");
                assertThat(split.model().getProperties()).containsEntry("classes", "5");
                assertThat(split.model().getNDManager().getDevice())
                        .isEqualTo(model.getNDManager().getDevice());
                assertThat(split.model().getBlock().toString())
                        .contains("Conv2d(1, 4, 8, 8) {\n\t\tConv2d(1, 4, 8, 8) -> (1, 1, 8, 8)\n"
                                + "\t\tConv2d(1, 1, 8, 8) -> (1, 8, 4, 4)\n\t} -> (1, 8, 4, 4)");
            }
        }
    }

    @Test
    void aModelThatDjlLoadedIsAsGoodAsOneThatWasTrained(@org.junit.jupiter.api.io.TempDir java.nio.file.Path folder)
            throws Exception {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.save(folder, "example");
        }
        try (Model loaded = Model.newInstance("example")) {
            loaded.setBlock(Networks.mixed());
            loaded.load(folder);
            CompressibleModel<Model> original = DjlModels.of(loaded, Networks::mixed);
            assertThat(original.layers()).hasSize(6);
            try (CompressibleModel<Model> split = original.with(all(original, 1))) {
                assertThat(Networks.run(split.model(), INPUT)).hasSize(10);
            }
        }
    }

    @Test
    void anotherFactoryIsFoundOut() {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            assertThatThrownBy(() -> DjlModels.of(
                                    model,
                                    () -> new SequentialBlock()
                                            .add(Networks.conv(8, 3, 1, 1))
                                            .add(Networks.linear(5)))
                            .layers())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "The block factory makes another network than the model's: its parameter 3 is"
                                    + " '02Linear_weight' where the model has '03ParallelBlock_01SequentialBlock_01Conv2d_weight'.");
        }
    }

    private static List<Replacement> all(CompressibleModel<Model> model, int rank) {
        return model.layers().stream()
                .filter(Layer::supported)
                .map(l -> ExactFactors.truncated(
                        ExactFactors.of(l, model.weights(l.id()), ExactForm.INPUT_CHANNEL), rank))
                .toList();
    }

    private static Parameter parameter(Model model, String name) {
        return model.getBlock().getParameters().get(name);
    }

    private static Map<String, float[]> values(Model model) {
        Map<String, float[]> values = new LinkedHashMap<>();
        for (Pair<String, Parameter> pair : model.getBlock().getParameters()) {
            values.put(pair.getKey(), pair.getValue().getArray().toFloatArray());
        }
        return values;
    }
}
