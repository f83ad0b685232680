package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import dev.wsvd.testkit.PredictedErrors;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a watched network gives beside its outputs, what it leaves alone, and which layers cannot be watched. */
class DjlProbeTest {
    private static final Shape INPUT = new Shape(1, 4, 8, 8);
    private static final DjlFormat FORMAT = new DjlFormat(Networks::mixed);
    private static final LayerId FIRST = new LayerId("01Conv2d");
    private static final LayerId HIDDEN = new LayerId("07Linear");
    private static final LayerId LAST = new LayerId("09Linear");
    private static final Tensor SAMPLES = PredictedErrors.inputs(3, 5, 4, 8, 8);

    @Test
    void givesWhatReachesALayerAndWhatTheLayerMakesOfIt() {
        try (Model model = Networks.model(Networks::mixed, INPUT);
                Probe probe = FORMAT.probe(model, List.of(FIRST, HIDDEN, LAST))) {
            Map<String, Tensor> seen = run(probe);

            assertThat(probe.inputs()).containsOnlyKeys(FIRST, HIDDEN, LAST);
            assertThat(probe.outputs()).containsOnlyKeys(FIRST, HIDDEN, LAST);
            assertThat(probe.predictor().outputs())
                    .extracting(TensorInfo::name)
                    .containsExactlyInAnyOrderElementsOf(seen.keySet())
                    .hasSize(1 + 6);
            assertThat(seen.get(probe.inputs().get(FIRST)))
                    .usingRecursiveComparison()
                    .isEqualTo(SAMPLES);
            assertThat(seen.get(probe.outputs().get(FIRST)).shape()).containsExactly(3L, 8L, 4L, 4L);
            assertThat(seen.get(probe.outputs().get(LAST)))
                    .usingRecursiveComparison()
                    .isEqualTo(seen.get("output0"));
            Tensor before = seen.get(probe.outputs().get(HIDDEN));
            Tensor after = seen.get(probe.inputs().get(LAST));
            boolean negative = false;
            for (int i = 0; i < before.elements(); i++) {
                negative |= before.getDouble(i) < 0;
                assertThat(after.getDouble(i)).isEqualTo(Math.max(0, before.getDouble(i)));
            }
            assertThat(negative).isTrue();
        }
    }

    @Test
    void aLayerHasTheSameNamesHoweverManyOthersAreSplit() {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            CompressibleModel<Model> original = DjlModels.of(model, Networks::mixed);
            Layer first = original.layers().get(0);
            try (CompressibleModel<Model> split = original.with(List.of(ExactFactors.truncated(
                            ExactFactors.of(first, original.weights(FIRST), ExactForm.INPUT_CHANNEL), 1)));
                    Probe before = FORMAT.probe(model, List.of(FIRST, HIDDEN));
                    Probe now = FORMAT.probe(split.model(), List.of(FIRST, HIDDEN))) {
                assertThat(now.inputs())
                        .containsExactly(Map.entry(HIDDEN, before.inputs().get(HIDDEN)));
                assertThat(now.outputs())
                        .containsExactly(Map.entry(HIDDEN, before.outputs().get(HIDDEN)));
                String name = now.inputs().get(HIDDEN);
                assertThat(PredictedErrors.squaredDistance(
                                run(now).get(name), run(before).get(name)))
                        .isGreaterThan(1e-6);
            }
        }
    }

    @Test
    void theLastOfTheLayersInItsPlaceGivesItsOutput() {
        Supplier<Block> root = () -> Networks.linear(4);
        try (Model mixed = Networks.model(Networks::mixed, INPUT);
                Model linear = Networks.model(root, new Shape(1, 6));
                CompressibleModel<Model> once = splitEverywhere(DjlModels.of(mixed, Networks::mixed));
                CompressibleModel<Model> twice = splitEverywhere(once);
                CompressibleModel<Model> split = splitEverywhere(DjlModels.of(linear, root))) {
            assertThat(outputs(FORMAT, once))
                    .containsEntry(new LayerId("07Linear_02Linear"), output(FORMAT, mixed, HIDDEN))
                    .containsEntry(new LayerId("01Conv2d_02Conv2d"), output(FORMAT, mixed, FIRST));
            assertThat(outputs(FORMAT, twice))
                    .containsEntry(new LayerId("07Linear_02Linear_02Linear"), output(FORMAT, mixed, HIDDEN))
                    .containsEntry(
                            new LayerId("07Linear_01Linear_02Linear"),
                            outputs(FORMAT, once).get(new LayerId("07Linear_01Linear")));
            assertThat(outputs(new DjlFormat(root), split))
                    .containsEntry(new LayerId("02Linear"), output(new DjlFormat(root), linear, new LayerId("Linear")));
            assertThat(outputs(FORMAT, twice).values()).doesNotHaveDuplicates();
        }
    }

    private static CompressibleModel<Model> splitEverywhere(CompressibleModel<Model> model) {
        return model.with(model.layers().stream()
                .filter(Layer::supported)
                .map(layer -> ExactFactors.of(layer, model.weights(layer.id()), ExactForm.INPUT_CHANNEL))
                .toList());
    }

    private static Map<LayerId, String> outputs(DjlFormat format, CompressibleModel<Model> model) {
        List<LayerId> all = model.layers().stream().map(Layer::id).toList();
        try (Probe probe = format.probe(model.model(), all)) {
            assertThat(probe.predictor().outputs())
                    .extracting(TensorInfo::name)
                    .containsAll(probe.outputs().values());
            return probe.outputs();
        }
    }

    private static String output(DjlFormat format, Model model, LayerId layer) {
        try (Probe probe = format.probe(model, List.of(layer))) {
            return probe.outputs().get(layer);
        }
    }

    @Test
    void theModelStaysAsItIsAndEverythingElseIsFreed() throws Exception {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            Block block = model.getBlock();
            float[] expected = Networks.run(model, new Shape(2, 4, 8, 8));
            int held = held(model);

            Probe probe = FORMAT.probe(model, List.of(FIRST, LAST));
            run(probe);
            run(probe);
            assertThat(held(model)).as("one manager, of the copy").isEqualTo(held + 1);
            assertThat(model.getBlock()).isSameAs(block);
            assertThat(block.getParameters().keys()).contains("01Conv2d_weight");
            assertThat(Networks.run(model, new Shape(2, 4, 8, 8))).isEqualTo(expected);

            probe.close();
            probe.close();
            assertThat(held(model)).isEqualTo(held);
            assertThat(Networks.run(model, new Shape(2, 4, 8, 8))).isEqualTo(expected);
            assertThatThrownBy(() -> run(probe))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The predictor of model 'example' is closed.");
        }
    }

    @Test
    void aProbeThatCannotBeMadeHoldsNothing() throws Exception {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            int held = held(model);
            DjlFormat other = new DjlFormat(() -> new SequentialBlock().add(Networks.linear(5)));
            assertThatThrownBy(() -> other.probe(model, List.of(FIRST))).isInstanceOf(InvalidInputException.class);
            assertThat(held(model)).isEqualTo(held);
        }
    }

    /** How many arrays and managers belong to a model's. */
    private static int held(Model model) throws ReflectiveOperationException {
        Field resources = BaseNDManager.class.getDeclaredField("resources");
        resources.setAccessible(true);
        return ((Map<?, ?>) resources.get(model.getNDManager())).size();
    }

    @Test
    void halfPrecisionIsGivenAsItIs() {
        Supplier<Block> blocks = () -> new SequentialBlock().add(Networks.linear(4));
        try (Model model = Networks.model(blocks, DataType.FLOAT16, new Shape(1, 6));
                Probe probe = new DjlFormat(blocks).probe(model, List.of(new LayerId("01Linear")))) {
            assertThat(probe.predictor().outputs())
                    .hasSize(3)
                    .extracting(TensorInfo::type)
                    .containsOnly(ElementType.FLOAT16);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.wsvd.adapter.djl.DjlLayersTest#unsafe")
    void whatCannotBeReplacedIsNotWatched(Supplier<Block> blocks) {
        try (Model model = Networks.model(blocks, new Shape(1, 6))) {
            List<LayerId> all =
                    DjlModels.of(model, blocks).layers().stream().map(Layer::id).toList();
            try (Probe probe = new DjlFormat(blocks).probe(model, all)) {
                assertThat(all).hasSize(1);
                assertThat(probe.inputs()).isEmpty();
                assertThat(probe.outputs()).isEmpty();
                assertThat(probe.predictor().outputs()).hasSize(1);
            }
        }
    }

    @Test
    void aBlockInTwoPlacesIsNotWatched() {
        Supplier<Block> blocks = () -> {
            Linear shared = Networks.linear(6);
            return new SequentialBlock().add(shared).add(shared).add(Networks.linear(3));
        };
        try (Model model = Networks.model(blocks, new Shape(2, 6));
                Probe probe =
                        new DjlFormat(blocks).probe(model, List.of(new LayerId("02Linear"), new LayerId("03Linear")))) {
            assertThat(probe.inputs()).containsOnlyKeys(new LayerId("03Linear"));
        }
    }

    @Test
    void aLayerThatRunsOftenerForOtherInputsIsFoundOut() {
        Supplier<Block> blocks = () -> new OwnBlock.Around(
                Networks.linear(6),
                false,
                (layer, x) -> x.sum().getFloat() > 100 ? layer.apply(layer.apply(x)) : layer.apply(x));
        try (Model model = Networks.model(blocks, new Shape(1, 6));
                Probe probe = new DjlFormat(blocks).probe(model, List.of(new LayerId("01layer")))) {
            float[] large = {100, 0, 0, 0, 0, 1};
            assertThatThrownBy(() -> probe.predictor().run(Map.of("data0", Tensor.ofFloats(List.of(1L, 6L), large))))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessage(
                            "The model 'example' does not run: layer '01layer' ran once on a sample of ones, but now"
                                    + " it runs 2 times in one pass.");
        }
    }

    private static Map<String, Tensor> run(Probe probe) {
        return probe.predictor().run(Map.of("data0", SAMPLES));
    }
}
