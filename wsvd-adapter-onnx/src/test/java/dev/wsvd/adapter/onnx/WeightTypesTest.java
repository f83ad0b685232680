package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Float16;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Weights are read as float32 and written back in the type they had, however their values are stored. */
class WeightTypesTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;

    private static final int FLOAT16 = DataType.FLOAT16_VALUE;

    @Test
    void inFloat16() {
        ModelBuilder builder = new ModelBuilder()
                .typedInput("x", FLOAT16, 2, 6)
                .output("y", FLOAT16, 2, 5)
                .stored(halves("w", 6, 5))
                .node("MatMul", "fc", List.of("x", "w"), "y");
        assertSplitHalf(builder.build(), FLOAT16);
    }

    @Test
    void inFloat16ValuesOneByOne() {
        TensorProto raw = halves("w", 6, 5);
        TensorProto.Builder typed = raw.toBuilder().clearRawData();
        for (int i = 0; i < 30; i++) {
            int low = raw.getRawData().byteAt(2 * i) & 0xff;
            int high = raw.getRawData().byteAt(2 * i + 1) & 0xff;
            typed.addInt32Data(low | high << 8);
        }
        ModelBuilder builder = new ModelBuilder()
                .typedInput("x", FLOAT16, 2, 6)
                .output("y", FLOAT16, 2, 5)
                .stored(typed.build())
                .node("MatMul", "fc", List.of("x", "w"), "y");
        assertSplitHalf(builder.build(), FLOAT16);
    }

    @Test
    void inFloat16AndCastToFloat32() {
        ModelBuilder builder = new ModelBuilder()
                .input("x", 2, 6)
                .output("y")
                .stored(halves("half", 6, 5))
                .node("Cast", "", List.of("half"), "w", attribute("to", FLOAT))
                .node("MatMul", "fc", List.of("x", "w"), "y");
        CompressibleModel<OnnxModel> split = assertSplitHalf(builder.build(), FLOAT16);
        assertThat(split.model().proto().getGraph().getNodeList())
                .extracting(NodeProto::getOpType)
                .containsExactly("Cast", "Cast", "MatMul", "MatMul");
    }

    @Test
    void inFloatValuesOneByOne() {
        ModelBuilder builder = new ModelBuilder().input("x", 2, 6).output("y");
        TensorProto raw = builder.randomTensor("w", 6, 5);
        TensorProto.Builder typed = raw.toBuilder().clearRawData();
        for (int i = 0; i < 30; i++) {
            typed.addFloatData((i % 7 - 3) / 3f);
        }
        builder.stored(typed.build()).node("MatMul", "fc", List.of("x", "w"), "y");
        WeightPlacesTest.assertSplit(builder.build(), List.of("fc"));
    }

    private static TensorProto halves(String name, long... dims) {
        float[] values = new float[(int) (dims[0] * dims[1])];
        for (int i = 0; i < values.length; i++) {
            values[i] = ((i * 37) % 23 - 11) / 11f;
        }
        return ModelBuilder.halves(name, values, dims);
    }

    /** Half precision keeps 11 bits: three roundings instead of one. */
    private static CompressibleModel<OnnxModel> assertSplitHalf(ModelProto proto, int storedType) {
        CompressibleModel<OnnxModel> model = FullRank.open(proto);
        float[] weight = model.weights(model.layers().get(0).id()).all();
        assertThat(weight[1]).isEqualTo(Float16.toFloat(Float16.fromFloat(((5 * 37) % 23 - 11) / 11f)));
        CompressibleModel<OnnxModel> split = WeightPlacesTest.assertSplit(proto, List.of("fc"), 3e-3);
        assertThat(split.model().proto().getGraph().getInitializerList())
                .allMatch(t -> t.getDataType() == storedType && t.getRawData().size() > 0);
        return split;
    }
}
