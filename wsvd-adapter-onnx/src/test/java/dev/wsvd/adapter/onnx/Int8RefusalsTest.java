package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.productOfH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.quantization.Quantization;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.quantization.QuantizedLayer;
import dev.wsvd.domain.quantization.QuantizedWeights;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Quantizable;
import dev.wsvd.quantization.ModelQuantizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Why layers stay float, and models that have no int8. */
class Int8RefusalsTest {
    private static final LayerId LAYER = new LayerId("layer");

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of(
                        "transposed convolution",
                        image().weight("w", 4, 5, 3, 3).node("ConvTranspose", "layer", List.of("x", "w"), "y")),
                Arguments.of(
                        "one operator is the whole attention",
                        new ModelBuilder()
                                .input("x", "N", 4, 8)
                                .weight("w", 8, 24)
                                .weight("b", 24)
                                .own("Attention", "layer", List.of("x", "w", "b"), "y", attribute("num_heads", 2))),
                Arguments.of(
                        "its equation Nij,ik->Njk is no product of MatMul",
                        new ModelBuilder()
                                .input("x", "N", 8, 4)
                                .weight("w", 8, 3)
                                .node("Einsum", "layer", List.of("x", "w"), "y", attribute("equation", "Nij,ik->Njk"))),
                Arguments.of(
                        "its weight is float16",
                        new ModelBuilder()
                                .typedInput("x", DataType.FLOAT16_VALUE, "N", 8)
                                .stored(ModelBuilder.halves("w", new float[24], 8, 3))
                                .node("MatMul", "layer", List.of("x", "w"), "h")
                                .node("Cast", "cast", List.of("h"), "y", attribute("to", 1))),
                Arguments.of(
                        "its weight is bfloat16",
                        vector().stored(ModelBuilder.bfloats("stored", new float[24], 8, 3))
                                .node("Cast", "cast", List.of("stored"), "w", attribute("to", 1))
                                .node("MatMul", "layer", List.of("x", "w"), "y")),
                Arguments.of(
                        "its Gemm scales or transposes",
                        vector().weight("w", 8, 3)
                                .node("Gemm", "layer", List.of("x", "w"), "y", attribute("alpha", 2f))),
                Arguments.of(
                        "its Gemm scales or transposes",
                        vector().weight("w", 8, 3)
                                .weight("b", 3)
                                .node("Gemm", "layer", List.of("x", "w", "b"), "y", attribute("beta", 0.5f))),
                Arguments.of(
                        "its Gemm scales or transposes",
                        new ModelBuilder()
                                .input("x", 8, "N")
                                .weight("w", 8, 3)
                                .node("Gemm", "layer", List.of("x", "w"), "y", attribute("transA", 1))),
                Arguments.of(
                        "its bias is not one stored number per output channel",
                        vector().input("b", 3).weight("w", 8, 3).node("Gemm", "layer", List.of("x", "w", "b"), "y")),
                Arguments.of(
                        "its bias is not one stored number per output channel",
                        vector().weight("b", 1).weight("w", 8, 3).node("Gemm", "layer", List.of("x", "w", "b"), "y")),
                Arguments.of(
                        "its weight is not a stored tensor: it is an input of the model",
                        image().input("w", 5, 4, 3, 3).node("Conv", "layer", List.of("x", "w"), "y")),
                Arguments.of(
                        "its weight is on the left",
                        new ModelBuilder()
                                .input("x", "N", 8, 2)
                                .weight("w", 3, 8)
                                .node("MatMul", "layer", List.of("w", "x"), "y")),
                Arguments.of(
                        "its weight has 3 dims",
                        new ModelBuilder()
                                .input("x", 2, "N", 8)
                                .weight("w", 2, 8, 3)
                                .node("MatMul", "layer", List.of("x", "w"), "y")));
    }

    private static ModelBuilder image() {
        return new ModelBuilder().input("x", "N", 4, 6, 6);
    }

    private static ModelBuilder vector() {
        return new ModelBuilder().input("x", "N", 8);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void saysWhyALayerStaysFloat(String why, ModelBuilder builder) {
        try (CompressibleModel<OnnxModel> model =
                FullRank.open(builder.output("y").build())) {
            Quantizable<OnnxModel> quantizable = model.quantizable();
            for (Mode mode : Mode.values()) {
                assertThat(quantizable.layers(mode)).isEmpty();
                assertThat(quantizable.refused(mode)).containsOnlyKeys(LAYER);
            }
            assertThat(quantizable.refused(Mode.STATIC)).containsEntry(LAYER, why);
            assertThatThrownBy(() -> ModelQuantizer.of(model).mode(Mode.DYNAMIC).quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("No layer of the model can be int8: "
                            + quantizable.refused(Mode.DYNAMIC).get(LAYER) + ".");
        }
    }

    /** A number without dims is one for the one output channel there is. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBiasOfOneNumberForOneChannelIsOne(boolean withoutDims) {
        ModelProto proto = vector().stored(
                        ModelBuilder.floats("b", new float[] {3}, withoutDims ? new long[0] : new long[] {1, 1}))
                .weight("w", 8, 1)
                .node("Gemm", "layer", List.of("x", "w", "b"), "y")
                .output("y")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            for (Mode mode : Mode.values()) {
                assertThat(model.quantizable().layers(mode)).hasSize(1);
                assertThat(model.quantizable().refused(mode)).isEmpty();
            }
            try (CompressibleModel<OnnxModel> int8 =
                    ModelQuantizer.of(model).mode(Mode.DYNAMIC).quantize().model()) {
                assertThat(Int8Nets.sqnr(int8, model, Int8Nets.gaussian(1, 20L, 8L)))
                        .isGreaterThan(30);
            }
        }
    }

    @Test
    void layersInBodiesStayFloat() {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 8)
                .weight("v", 8, 8)
                .stored(ModelBuilder.floats("zero", new float[1]))
                .node("MatMul", "before", List.of("x", "v"), "h")
                .node("ReduceSum", "", List.of("h"), "sum", attribute("keepdims", 0))
                .node("Less", "", List.of("sum", "zero"), "negative")
                .node(
                        "If",
                        "",
                        List.of("negative"),
                        "y",
                        attribute("then_branch", productOfH("then")),
                        attribute("else_branch", productOfH("otherwise")))
                .output("y")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                CompressibleModel<OnnxModel> int8 =
                        ModelQuantizer.of(model).quantize().model()) {
            String why = "it is in the body of an If or Loop";
            assertThat(model.quantizable().refused(Mode.DYNAMIC))
                    .isEqualTo(Map.of(
                            new LayerId("y/then_branch/then"), why, new LayerId("y/else_branch/otherwise"), why));
            assertThat(Int8Nets.names(int8)).isEqualTo(Int8Nets.names(model));
            assertThat(Int8Nets.sqnr(int8, model, Int8Nets.gaussian(1, 20L, 8L)))
                    .isGreaterThan(30);
        }
    }

    @Test
    void operatorsThatAreTooOldAreRefused() {
        ModelProto proto = vector().opset(10)
                .weight("w", 8, 3)
                .node("MatMul", "layer", List.of("x", "w"), "y")
                .output("y")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThatThrownBy(model::quantizable)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "The model is of operator set 10; int8 with a scale per channel needs 13, and only models of"
                                    + " 11 or newer are raised to it. Maybe convert it with onnx.version_converter.");
        }
    }

    @Test
    void layersThatCannotBeInt8AreRefused() {
        ModelProto proto = image().weight("w", 5, 4, 3, 3)
                .node("Conv", "layer", List.of("x", "w"), "y")
                .output("y")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            Quantizable<OnnxModel> quantizable = model.quantizable();
            assertThatThrownBy(() -> quantizable.with(of(LAYER)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer 'layer' cannot be int8: convolutions need ranges that are known before.");
            assertThatThrownBy(() -> quantizable.with(of(new LayerId("other"))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Layer 'other' cannot be int8: the model has no such layer.");
        }
    }

    private static Quantization of(LayerId id) {
        WeightShape shape = new WeightShape(5, 4, List.of(3, 3));
        QuantizedWeights weights = new QuantizedWeights(shape, new byte[180], new float[] {1, 1, 1, 1, 1});
        return new Quantization(Mode.DYNAMIC, List.of(new QuantizedLayer(id, weights, Optional.empty())), Map.of());
    }

    @Test
    void whatIsInt8AlreadyIsRefused() {
        ModelProto proto = vector().weight("w", 8, 3)
                .node("MatMul", "layer", List.of("x", "w"), "y")
                .output("y")
                .build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto);
                CompressibleModel<OnnxModel> int8 =
                        ModelQuantizer.of(model).quantize().model()) {
            assertThatThrownBy(() -> ModelQuantizer.of(int8).quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("No layer of the model can be int8: its weight is int8.");
        }
    }

    @Test
    void aModelWithoutLayersIsRefused() {
        ModelProto proto =
                vector().node("Relu", "relu", List.of("x"), "y").output("y").build();
        try (CompressibleModel<OnnxModel> model = FullRank.open(proto)) {
            assertThatThrownBy(() -> ModelQuantizer.of(model).quantize())
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("No layer of the model can be int8.");
        }
    }
}
