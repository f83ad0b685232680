package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** The promises every format makes, for ONNX files with their weights inside and beside them, and with a function that holds the layers. */
class OnnxFormatContractTest {
    @Nested
    class WeightsInside extends ModelFormatContract<OnnxModel> {
        @Override
        protected ModelFormat<OnnxModel> format() {
            return new OnnxFormat();
        }

        @Override
        protected Path writeExample(Path folder) throws IOException {
            return Files.write(folder.resolve("example.onnx"), example().toByteArray());
        }
    }

    @Nested
    class WeightsBeside extends ModelFormatContract<OnnxModel> {
        @Override
        protected ModelFormat<OnnxModel> format() {
            return new OnnxFormat();
        }

        @Override
        protected Path writeExample(Path folder) throws IOException {
            return ExternalFiles.write(example(), folder.resolve("example.onnx"), "weights.bin", 0);
        }
    }

    /** As if the example did not fit into memory. */
    @Nested
    class InParts extends WeightsInside {
        @BeforeEach
        void leaveNoMemory() {
            System.setProperty("wsvd.onnx.memory", "2");
        }

        @AfterEach
        void asMuchAsThereIs() {
            System.clearProperty("wsvd.onnx.memory");
        }
    }

    @Nested
    class LayersInAFunction extends ModelFormatContract<OnnxModel> {
        @Override
        protected ModelFormat<OnnxModel> format() {
            return new OnnxFormat();
        }

        @Override
        protected Path writeExample(Path folder) throws IOException {
            return Files.write(
                    folder.resolve("example.onnx"), inAFunction(example()).toByteArray());
        }
    }

    /** The model as a call of a function, which is given the image and all that is stored. */
    private static ModelProto inAFunction(ModelProto model) {
        List<String> operands = new ArrayList<>(List.of("image"));
        model.getGraph().getInitializerList().forEach(tensor -> operands.add(tensor.getName()));
        FunctionProto function = FunctionProto.newBuilder()
                .setDomain("local")
                .setName("Net")
                .addAllInput(operands)
                .addOutput("logits")
                .addAllOpsetImport(model.getOpsetImportList())
                .addAllNode(model.getGraph().getNodeList())
                .build();
        ModelProto.Builder out = model.toBuilder()
                .addFunctions(function)
                .addOpsetImport(
                        OperatorSetIdProto.newBuilder().setDomain("local").setVersion(1));
        out.getGraphBuilder()
                .clearNode()
                .addNode(ModelBuilder.nodeOf("Net", "net", operands, "logits").toBuilder()
                        .setDomain("local"));
        return out.build();
    }

    /** Convolutions with stride, padding and dilation, grouped, depthwise and transposed, a Gemm, a MatMul, an embedding and an LSTM; the batch is dynamic. */
    static ModelProto example() {
        return new ModelBuilder()
                .input("image", "batch", 4, 8, 8)
                .stored(ModelBuilder.longs("positions", new long[] {1}, 1))
                .weight("conv.weight", 8, 4, 3, 3)
                .weight("conv.bias", 8)
                .weight("grouped.weight", 8, 4, 3, 3)
                .weight("depthwise.weight", 8, 1, 3, 3)
                .weight("up.weight", 8, 4, 3, 2)
                .weight("up.bias", 8)
                .weight("fc.weight", 6, 8)
                .weight("fc.bias", 6)
                .weight("product.weight", 6, 5)
                .weight("embed.weight", 4, 5)
                .stored(ModelBuilder.longs("row.shape", new long[] {0, 8, 32}, 3))
                .stored(ModelBuilder.longs("directions", new long[] {0}, 1))
                .weight("lstm.weight", 1, 20, 32)
                .weight("lstm.recurrent", 1, 20, 5)
                .weight("lstm.bias", 1, 40)
                .node(
                        "Conv",
                        "conv",
                        List.of("image", "conv.weight", "conv.bias"),
                        "t1",
                        attribute("pads", List.of(1L, 1L, 1L, 1L)),
                        attribute("dilations", List.of(2L, 1L)),
                        attribute("strides", List.of(2L, 2L)))
                .node("Relu", "relu", List.of("t1"), "t2")
                .node("Conv", "grouped", List.of("t2", "grouped.weight"), "t3", attribute("group", 2))
                .node(
                        "Conv",
                        "depthwise",
                        List.of("t3", "depthwise.weight"),
                        "t4",
                        attribute("group", 8),
                        attribute("auto_pad", "SAME_UPPER"))
                .node(
                        "ConvTranspose",
                        "up",
                        List.of("t4", "up.weight", "up.bias"),
                        "larger",
                        attribute("group", 2),
                        attribute("strides", List.of(2L, 3L)),
                        attribute("pads", List.of(1L, 0L, 0L, 1L)),
                        attribute("output_padding", List.of(1L, 0L)))
                .node("GlobalAveragePool", "pool", List.of("larger"), "t5")
                .node("Flatten", "flatten", List.of("t5"), "t6")
                .node("Gemm", "fc", List.of("t6", "fc.weight", "fc.bias"), "t7", attribute("transB", 1))
                .node("MatMul", "product", List.of("t7", "product.weight"), "t8")
                .node("GlobalMaxPool", "brightest", List.of("image"), "t9")
                .node("ArgMax", "index", List.of("t9"), "t10", attribute("axis", 1), attribute("keepdims", 0))
                .node("Flatten", "indices", List.of("t10"), "t11")
                .node("Gather", "embed", List.of("embed.weight", "t11"), "t12")
                .node("ReduceSum", "sum", List.of("t12", "positions"), "t13", attribute("keepdims", 0))
                .node("Add", "add", List.of("t8", "t13"), "t14")
                .node("Reshape", "rows", List.of("image", "row.shape"), "t15")
                .node("Transpose", "turned", List.of("t15"), "t16", attribute("perm", List.of(1L, 0L, 2L)))
                .node(ModelBuilder.nodeOf(
                                "LSTM",
                                "lstm",
                                List.of("t16", "lstm.weight", "lstm.recurrent", "lstm.bias"),
                                "",
                                attribute("hidden_size", 5))
                        .toBuilder()
                        .addOutput("t17")
                        .build())
                .node("ReduceSum", "last", List.of("t17", "directions"), "t18", attribute("keepdims", 0))
                .node("Add", "both", List.of("t14", "t18"), "logits")
                .output("logits")
                .build();
    }
}
