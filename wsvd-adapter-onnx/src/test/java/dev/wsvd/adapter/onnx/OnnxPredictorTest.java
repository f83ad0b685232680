package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Bfloat16;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Float16;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes in comes out, in every element type; what does not fit is refused by name. */
class OnnxPredictorTest {
    private final OnnxFormat format = new OnnxFormat();

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void everyElementTypeGoesInAndOut(ElementType type) {
        int number = ElementTypes.number(type);
        ModelProto model = new ModelBuilder()
                .typedInput("x", number, "n", 2)
                .node("Identity", "", List.of("x"), "y")
                .output("y", number, "n", 2)
                .build();
        ByteBuffer bytes = ByteBuffer.allocate(4 * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bytes.capacity(); i++) {
            // High bits set, so that unsigned and signed values differ; 0 and 1 are the only booleans.
            bytes.put(i, type == ElementType.BOOL ? (byte) (i % 2) : (byte) (0xbf - i));
        }
        Tensor x = new Tensor(type, List.of(2L, 2L), bytes);
        try (Predictor predictor = predictor(model)) {
            assertThat(predictor.inputs()).containsExactly(new TensorInfo("x", type, List.of(-1L, 2L)));
            assertThat(predictor.outputs()).containsExactly(new TensorInfo("y", type, List.of(-1L, 2L)));
            Tensor y = predictor.run(Map.of("x", x)).get("y");
            assertThat(y.type()).isEqualTo(type);
            assertThat(y.shape()).containsExactly(2L, 2L);
            for (int i = 0; i < 4; i++) {
                assertThat(y.getDouble(i)).isEqualTo(x.getDouble(i));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "UINT8, FLOAT32, 200",
        "UINT8, FLOAT16, 200",
        "INT64, FLOAT32, -3",
        "FLOAT64, FLOAT32, 1.5",
        "FLOAT16, FLOAT32, 1.5",
        "FLOAT32, FLOAT16, 1.5",
        "BFLOAT16, FLOAT16, 1.5",
        "FLOAT32, BFLOAT16, 1.5",
        "FLOAT32, FLOAT64, 1.5",
        "BOOL, FLOAT32, 1",
        "INT32, INT64, -3",
        "UINT8, INT16, 200",
        "UINT8, UINT16, 200",
        "BOOL, INT64, 1"
    })
    void numbersAreWidened(ElementType from, ElementType to, double value) {
        try (Predictor predictor = predictor(adding(to))) {
            Tensor y = predictor.run(Map.of("x", tensor(from, value))).get("y");
            assertThat(y.type()).isEqualTo(to);
            assertThat(y.getDouble(0)).isEqualTo(value + value);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "FLOAT32, INT64, float32, int64",
        "INT64, INT32, int64, int32",
        "INT32, UINT32, int32, uint32",
        "UINT32, INT32, uint32, int32",
        "INT8, UINT64, int8, uint64"
    })
    void integersAreNeverNarrowed(ElementType from, ElementType to, String found, String wanted) {
        try (Predictor predictor = predictor(adding(to))) {
            assertThatThrownBy(() -> predictor.run(Map.of("x", tensor(from, 1))))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 'x' takes " + wanted + ", found " + found + ".");
        }
    }

    @Test
    void namesAndShapesAreChecked() {
        ModelProto model = new ModelBuilder()
                .input("image", "n", 3, 8, 8)
                .input("scale", 1)
                .node("Mul", "", List.of("image", "scale"), "y")
                .output("y")
                .build();
        Tensor image = Tensor.ofFloats(List.of(2L, 3L, 8L, 8L), new float[384]);
        Tensor scale = Tensor.ofFloats(List.of(1L), new float[] {2});
        try (Predictor predictor = predictor(model)) {
            assertThatThrownBy(() -> predictor.run(Map.of("image", image, "scale", scale, "mask", scale)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The model has no input 'mask'; its inputs are 'image', 'scale'.");
            assertThatThrownBy(() -> predictor.run(Map.of("image", image)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 'scale' is missing; the model needs 'image', 'scale'.");
            Tensor grey = Tensor.ofFloats(List.of(6L, 1L, 8L, 8L), new float[384]);
            assertThatThrownBy(() -> predictor.run(Map.of("image", grey, "scale", scale)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 'image' takes shape [?, 3, 8, 8], found [6, 1, 8, 8].");
            Tensor flat = Tensor.ofFloats(List.of(384L), new float[384]);
            assertThatThrownBy(() -> predictor.run(Map.of("image", flat, "scale", scale)))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("Input 'image' takes shape [?, 3, 8, 8], found [384].");
            assertThat(predictor
                            .run(Map.of("image", image, "scale", scale))
                            .get("y")
                            .shape())
                    .isEqualTo(image.shape());
        }
    }

    @Test
    void anInputOfUnknownRankTakesEveryShape() {
        ModelBuilder builder =
                new ModelBuilder().node("Relu", "", List.of("x"), "y").output("y");
        builder.graph().addInput(builder.graph().getOutput(0).toBuilder().setName("x"));
        try (Predictor predictor = predictor(builder.build())) {
            assertThat(predictor.inputs()).containsExactly(TensorInfo.unranked("x", ElementType.FLOAT32));
            Tensor x = Tensor.ofFloats(List.of(2L, 3L), new float[6]);
            assertThat(predictor.run(Map.of("x", x)).get("y").shape()).containsExactly(2L, 3L);
        }
    }

    @Test
    void aDefaultInputNeedNotBeGiven() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 2)
                .input("w", 2, 2)
                .weight("w", 2, 2)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        try (Predictor predictor = predictor(model)) {
            assertThat(predictor.inputs()).extracting(TensorInfo::name).containsExactly("x");
        }
    }

    @Test
    void outputsThatAreNoNumbersAreLeftOut() {
        ModelProto model = new ModelBuilder()
                .input("x", 2)
                .node("Cast", "", List.of("x"), "text", attribute("to", DataType.STRING_VALUE))
                .node("Relu", "", List.of("x"), "y")
                .output("text", DataType.STRING_VALUE, 2)
                .output("y")
                .build();
        try (Predictor predictor = predictor(model)) {
            assertThat(predictor.outputs()).extracting(TensorInfo::name).containsExactly("y");
            assertThat(predictor.run(Map.of("x", Tensor.ofFloats(List.of(2L), new float[2]))))
                    .containsOnlyKeys("y");
        }
    }

    @Test
    void whatTheEngineDoesNotKnowIsNamed() {
        ModelProto model = new ModelBuilder()
                .input("x", 2)
                .node("NoSuchOperator", "odd", List.of("x"), "y")
                .output("y")
                .build();
        assertThatThrownBy(() -> predictor(model))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("ONNX Runtime cannot load the model: ")
                .hasMessageContaining("NoSuchOperator");
    }

    @Test
    void whatFailsWhileRunningIsNamed() {
        ModelProto model = new ModelBuilder()
                .input("x", "n", "m")
                .weight("w", 3, 2)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        try (Predictor predictor = predictor(model)) {
            Tensor x = Tensor.ofFloats(List.of(2L, 4L), new float[8]);
            assertThatThrownBy(() -> predictor.run(Map.of("x", x)))
                    .isInstanceOf(ModelFormatException.class)
                    .hasMessageStartingWith("ONNX Runtime cannot run the model: ")
                    .hasMessageContaining("fc");
        }
    }

    @Test
    void aSampleOfALargerArrayIsReadWhereItBegins() {
        try (Predictor predictor = predictor(adding(ElementType.FLOAT32))) {
            Tensor many = Tensor.ofFloats(List.of(3L), new float[] {1, 2, 3});
            Tensor y = predictor.run(Map.of("x", many.samples(1, 2))).get("y");
            assertThat(y.getDouble(0)).isEqualTo(4);
        }
    }

    private Predictor predictor(ModelProto model) {
        return format.predictor(format.of(model, "test", OpenOptions.DEFAULT).model());
    }

    /** y = x + x in a type; where the engine has no sum of that type, through float64. */
    private static ModelProto adding(ElementType type) {
        int number = ElementTypes.number(type);
        return new ModelBuilder()
                .typedInput("x", number, 1)
                .node("Cast", "", List.of("x"), "wide", attribute("to", DataType.DOUBLE_VALUE))
                .node("Add", "", List.of("wide", "wide"), "sum")
                .node("Cast", "", List.of("sum"), "y", attribute("to", number))
                .output("y", number, 1)
                .build();
    }

    private static Tensor tensor(ElementType type, double value) {
        ByteBuffer bytes = ByteBuffer.allocate(type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        switch (type) {
            case FLOAT16 -> bytes.putShort(0, Float16.fromFloat((float) value));
            case BFLOAT16 -> bytes.putShort(0, Bfloat16.fromFloat((float) value));
            case FLOAT32 -> bytes.putFloat(0, (float) value);
            case FLOAT64 -> bytes.putDouble(0, value);
            case INT32, UINT32 -> bytes.putInt(0, (int) value);
            case INT64, UINT64 -> bytes.putLong(0, (long) value);
            case INT16, UINT16 -> bytes.putShort(0, (short) value);
            case INT8, UINT8, BOOL -> bytes.put(0, (byte) (int) value);
        }
        return new Tensor(type, List.of(1L), bytes);
    }
}
