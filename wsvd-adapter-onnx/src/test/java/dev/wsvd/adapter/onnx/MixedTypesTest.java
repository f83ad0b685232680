package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.engine.WidenedModel;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Bfloat16;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.Cuts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models whose layers are of several types, and models that ONNX Runtime does not run for their type. */
class MixedTypesTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;

    private static final int FLOAT16 = DataType.FLOAT16_VALUE;

    private static final int BFLOAT16 = DataType.BFLOAT16_VALUE;

    @TempDir
    Path folder;

    @Test
    void eachLayerKeepsItsType() {
        CompressibleModel<OnnxModel> model = FullRank.open(mixed(FLOAT));
        assertThat(model.layers())
                .extracting(layer -> layer.id() + " " + layer.type())
                .containsExactly("single float32", "half float16", "brain bfloat16");
        Map<String, Tensor> inputs = FullRank.inputs(model.model());

        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "input-channel");

        FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-2);
        assertThat(split.layers())
                .extracting(Layer::type)
                .containsExactly(
                        ElementType.FLOAT32,
                        ElementType.FLOAT32,
                        ElementType.FLOAT16,
                        ElementType.FLOAT16,
                        ElementType.BFLOAT16,
                        ElementType.BFLOAT16);
        assertThat(bytesStored(split)).isEqualTo(bytesOfLayers(split)).isEqualTo(2 * 64 * (4 + 2 + 2));
    }

    private static long bytesStored(CompressibleModel<OnnxModel> model) {
        return model.model().proto().getGraph().getInitializerList().stream()
                .mapToLong(tensor -> tensor.getRawData().size())
                .sum();
    }

    private static long bytesOfLayers(CompressibleModel<OnnxModel> model) {
        return model.layers().stream()
                .mapToLong(layer -> layer.weight().elements() * layer.type().bytes())
                .sum();
    }

    @Test
    void whatNeedsNoRunIsDoneInBfloat16() throws IOException {
        Path file = Files.write(folder.resolve("brain.onnx"), mixed(BFLOAT16).toByteArray());
        CompressibleModel<OnnxModel> model = FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
        assertThat(model.layers())
                .hasSize(3)
                .allMatch(Layer::supported)
                .allMatch(layer -> layer.outputShape().equals(List.of(1L, 8L)));

        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "output-channel");
        Path small = folder.resolve("small.onnx");
        split.save(small);
        CompressibleModel<OnnxModel> again = FullRank.FORMAT.open(small, OpenOptions.DEFAULT);

        assertThat(again.layers()).isEqualTo(split.layers()).hasSize(6);
        Map<String, Tensor> inputs = FullRank.inputs(widened(model));
        FullRank.assertSame(FullRank.run(widened(again), inputs), FullRank.run(widened(model), inputs), 1e-2);
    }

    @Test
    void aRunInBfloat16IsRefusedInOneSentence() {
        CompressibleModel<OnnxModel> model = FullRank.open(mixed(BFLOAT16));
        assertThatThrownBy(() -> FullRank.FORMAT.predictor(model.model()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(
                        "ONNX Runtime has no kernel for MatMul in bfloat16 on the CPU, so the model cannot be run here;"
                                + " what needs no data still works. Maybe convert it to compute in float32, with its weights in"
                                + " bfloat16 behind Cast nodes.");
    }

    /** Couplings are found and cut whatever type their layers are of, and are corrected in that type. */
    @ParameterizedTest
    @CsvSource({"10, 10", "10, 1", "16, 16", "16, 1"})
    void cutsKeepTheType(int stored, int seen) {
        ModelBuilder builder = new ModelBuilder().opset(22).irVersion(9).typedInput("x", seen, "N", 6);
        linear(builder, "first", "x", "h", stored, seen, 6, 8);
        builder.node("Relu", "", List.of("h"), "relu");
        linear(builder, "last", "relu", "y", stored, seen, 8, 5);
        CompressibleModel<OnnxModel> model =
                FullRank.open(builder.output("y", seen, "N", 5).build());
        List<Replacement> cuts = List.of(Cuts.of(
                model, Cuts.readBy(model, "last"), List.of(0, 2, 5), Map.of("last", new float[] {1, -1, 0.5f, 2, 0})));
        Map<String, Tensor> inputs = FullRank.inputs(widened(model));

        CompressibleModel<OnnxModel> cut = model.with(cuts);

        FullRank.assertSame(
                FullRank.run(widened(cut), inputs),
                FullRank.run(widened(Cuts.blind(model, cuts)), inputs),
                stored == BFLOAT16 ? 1e-2 : 2e-3);
        assertThat(cut.model().proto().getGraph().getInitializerList().stream()
                        .filter(tensor -> tensor.getDimsCount() == 2))
                .hasSize(2)
                .allMatch(tensor -> tensor.getDataType() == stored);
        assertThat(cut.layers()).extracting(layer -> layer.weight() + "").containsExactly("3×6", "5×3");
    }

    /** As exporters write it: the weight behind a cast where it is not taken as it is stored, and a bias. */
    private static void linear(
            ModelBuilder builder, String name, String from, String to, int stored, int seen, long in, long out) {
        boolean cast = stored != seen;
        builder.stored(builder.randomOf(stored, name + (cast ? ".stored" : ".weight"), in, out))
                .stored(builder.randomOf(seen, name + ".bias", out));
        if (cast) {
            builder.node("Cast", "", List.of(name + ".stored"), name + ".weight", attribute("to", seen));
        }
        builder.node("MatMul", name, List.of(from, name + ".weight"), name + ".product")
                .node("Add", name + ".add", List.of(name + ".product", name + ".bias"), to);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aValueThatBfloat16CannotHoldIsRefused(boolean negative) {
        CompressibleModel<OnnxModel> model = FullRank.open(mixed(FLOAT));
        Layer layer = model.layers().get(2);
        float[] large = new float[8];
        Arrays.fill(large, negative ? -Float.MAX_VALUE : Float.MAX_VALUE);
        Stage first = new Stage(Affine.of(1, 8), new float[8]);
        Stage last = new Stage(Affine.of(8, 1), large);
        Replacement split = Replacement.of(layer, Choice.of("by-hand", 1), List.of(first, last), 0);

        assertThatThrownBy(() -> model.with(List.of(split)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The factor 'brain_svd_b_weight' has the value " + large[0]
                        + ", which bfloat16 cannot hold. Maybe leave this layer dense.");
    }

    @Test
    void factorsAreRoundedToTheNearest() {
        CompressibleModel<OnnxModel> model = FullRank.open(mixed(FLOAT));
        Layer layer = model.layers().get(2);
        float[] values = {1 + 0x1p-8f, 1 + 0x1.8p-7f, 1e-35f, 3.14159f, 0, -1 - 0x1p-8f, 0.1f, 1e30f};
        Stage first = new Stage(Affine.of(1, 8), values);
        Stage last = new Stage(Affine.of(8, 1), new float[8]);
        Replacement split = Replacement.of(layer, Choice.of("by-hand", 1), List.of(first, last), 0);

        TensorProto factor = model.with(List.of(split)).model().proto().getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getName().equals("brain_svd_a_weight"))
                .findFirst()
                .orElseThrow();

        float[] expected = {1, 1 + 0x1p-6f, 0, 3.140625f, 0, -1, 0.100097656f, 1.0003e30f};
        for (int i = 0; i < expected.length; i++) {
            int bits = factor.getRawData().byteAt(2 * i) & 0xff
                    | factor.getRawData().byteAt(2 * i + 1) << 8;
            assertThat(Bfloat16.toFloat((short) bits)).isEqualTo(Bfloat16.toFloat(Bfloat16.fromFloat(expected[i])));
        }
    }

    private static OnnxModel widened(CompressibleModel<OnnxModel> model) {
        return new OnnxModel(WidenedModel.of(model.model().proto()), Optional.empty(), Optional.empty());
    }

    /** Layers of 8 inputs and outputs in float32, in float16, and stored in bfloat16 but computed in the type given. */
    private static ModelProto mixed(int brain) {
        ModelBuilder builder = new ModelBuilder().input("x", "N", 8).output("y");
        boolean cast = brain != BFLOAT16;
        builder.stored(builder.randomOf(FLOAT, "w", 8, 8))
                .stored(builder.randomOf(FLOAT16, "v", 8, 8))
                .stored(builder.randomOf(BFLOAT16, cast ? "u.stored" : "u", 8, 8))
                .node("MatMul", "single", List.of("x", "w"), "h1")
                .node("Cast", "", List.of("h1"), "h2", attribute("to", FLOAT16))
                .node("MatMul", "half", List.of("h2", "v"), "h3")
                .node("Cast", "", List.of("h3"), "h4", attribute("to", brain));
        if (cast) {
            builder.node("Cast", "", List.of("u.stored"), "u", attribute("to", brain));
        }
        return builder.node("MatMul", "brain", List.of("h4", "u"), "h5")
                .node("Cast", "", List.of("h5"), "y", attribute("to", FLOAT))
                .build();
    }
}
