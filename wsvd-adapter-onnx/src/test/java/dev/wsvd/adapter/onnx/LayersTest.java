package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ListedLayers.layers;
import static dev.wsvd.adapter.onnx.ListedLayers.only;
import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.OpenOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every layer is listed, with its sizes for one sample; what cannot be split says why. */
class LayersTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;

    @Test
    void dynamicDimsHaveDefaultsFitForImages() {
        ModelProto model = convOn("n", 3, "h", "w");
        assertThat(only(model).inputShape()).containsExactly(1L, 3L, 224L, 224L);
        assertThat(only(model).outputShape()).containsExactly(1L, 8L, 222L, 222L);
        ModelProto volume = new ModelBuilder()
                .input("x", "n", 3, "d", "h", "w")
                .weight("w", 8, 3, 3, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
        assertThat(only(volume).inputShape()).containsExactly(1L, 3L, 64L, 64L, 64L);
        ModelProto channelsLast = new ModelBuilder()
                .input("x", "n", "h", "w", 3)
                .weight("w", 8, 3, 3, 3)
                .node("Transpose", "", List.of("x"), "t", attribute("perm", List.of(0L, 3L, 1L, 2L)))
                .node("Conv", "conv", List.of("t", "w"), "y")
                .output("y")
                .build();
        assertThat(only(channelsLast).inputShape()).containsExactly(1L, 3L, 224L, 224L);
    }

    @Test
    void dynamicDimsTakeTheValuesOfTheOptions() {
        ModelProto model = convOn("n", 3, "h", "w");
        assertThat(only(model, OpenOptions.DEFAULT.withDim("h", 32).withDim("w", 48))
                        .inputShape())
                .containsExactly(1L, 3L, 32L, 48L);
        assertThat(only(model, OpenOptions.DEFAULT.withInputShape("x", List.of(4L, 3L, 32L, 48L)))
                        .inputShape())
                .containsExactly(1L, 3L, 32L, 48L);
    }

    @Test
    void optionsThatDoNotFitAreRefused() {
        ModelProto model = convOn("n", 3, "h", "w");
        assertRefused(
                model,
                OpenOptions.DEFAULT.withInputShape("image", List.of(1L)),
                "The model has no input 'image'; it has x.");
        assertRefused(
                model, OpenOptions.DEFAULT.withDim("height", 3), "The model has no dim 'height'; it has h, n, w.");
        assertRefused(
                model,
                OpenOptions.DEFAULT.withInputShape("x", List.of(1L, 1L, 28L, 28L)),
                "Input 'x' has shape [n, 3, h, w] in the model, [1, 1, 28, 28] was asked for.");
        assertRefused(
                model,
                OpenOptions.DEFAULT.withInputShape("x", List.of(1L, 3L)),
                "Input 'x' has shape [n, 3, h, w] in the model, [1, 3] was asked for.");
        assertRefused(
                model,
                OpenOptions.DEFAULT.withDim("h", 0),
                "Dim 'h' must be at least 1 and at most 2147483647, found 0.");
        assertRefused(
                model,
                OpenOptions.DEFAULT.withInputShape("x", List.of(1L, 3L, -5L, 8L)),
                "A dim of input 'x' must be at least 1 and at most 2147483647, found -5.");
    }

    @Test
    void sizesTooSmallForTheModelAreNamed() {
        Layer layer = only(convOn("n", 3, "h", "w"), OpenOptions.DEFAULT.withDim("h", 2));
        assertThat(layer.outputShape()).isEmpty();
        assertThat(layer.outputPositions()).isZero();
        assertThat(layer.unsupportedReason())
                .contains("output size unknown: at the sizes taken for the model's inputs it turns [1, 3, 2, 224] into"
                        + " [1, 8, 0, 222]. Maybe give the sizes of the model's inputs");
    }

    @Test
    void aBatchTheFileFixesIsCountedAsOneSample() {
        Layer layer = only(convOn(8, 3, 10, 10));
        assertThat(layer.inputShape()).containsExactly(1L, 3L, 10L, 10L);
        assertThat(layer.outputShape()).containsExactly(1L, 8L, 8L, 8L);
    }

    @Test
    void tokensOfAllSentencesInOneMatrixArePositions() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 5, 6)
                .weight("w", 6, 4)
                .stored(ModelBuilder.longs("shape", new long[] {-1, 6}, 2))
                .node("Reshape", "", List.of("x", "shape"), "flat")
                .node("MatMul", "fc", List.of("flat", "w"), "y")
                .output("y")
                .build();
        assertThat(only(model).inputShape()).containsExactly(1L, 5L, 6L);
        assertThat(only(model).outputShape()).containsExactly(1L, 5L, 4L);
        assertThat(only(model).outputPositions()).isEqualTo(5);
    }

    @Test
    void framesOfASampleArePositionsOfItsConvolution() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 4, 3, 8, 8)
                .weight("w", 6, 3, 3, 3)
                .stored(ModelBuilder.longs("shape", new long[] {-1, 3, 8, 8}, 4))
                .node("Reshape", "", List.of("x", "shape"), "frames")
                .node("Conv", "conv", List.of("frames", "w"), "y")
                .output("y")
                .build();
        assertThat(only(model).inputShape()).containsExactly(1L, 3L, 4L, 8L, 8L);
        assertThat(only(model).outputPositions()).isEqualTo(4 * 6 * 6);
    }

    /** Every input position meets the whole weight once. */
    @Test
    void aTransposedConvolutionMultipliesAtEveryInput() {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 64, 56, 56)
                .weight("w", 64, 32, 2, 2)
                .node("ConvTranspose", "up", List.of("x", "w"), "y", attribute("strides", List.of(2L, 2L)))
                .output("y")
                .build();
        Layer layer = only(model);
        assertThat(layer.kind()).isEqualTo("conv-transpose");
        assertThat(layer.weight().dims()).containsExactly(32, 64, 2, 2);
        assertThat(layer.inputShape()).containsExactly(1L, 64L, 56L, 56L);
        assertThat(layer.outputShape()).containsExactly(1L, 32L, 112L, 112L);
        assertThat(layer.sized().macs()).isEqualTo(25_690_112);
    }

    @Test
    void aTransposedConvolutionInGroups() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 5)
                .weight("w", 4, 3, 2)
                .node("ConvTranspose", "up", List.of("x", "w"), "y", attribute("group", 2))
                .output("y")
                .build();
        Layer layer = only(model);
        assertThat(layer.groups()).isEqualTo(2);
        assertThat(layer.weight().dims()).containsExactly(6, 2, 2);
        assertThat(layer.inChannels()).isEqualTo(4);
        assertThat(layer.inputShape()).containsExactly(1L, 4L, 5L);
        assertThat(layer.outputShape()).containsExactly(1L, 6L, 6L);
        assertThat(layer.sized().macs()).isEqualTo(6 * 2 * 2 * 5);
    }

    @Test
    void positionsOfAWeightOnTheLeftAreColumns() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 6, 7)
                .weight("w", 4, 6)
                .node("MatMul", "fc", List.of("w", "x"), "y")
                .output("y")
                .build();
        Layer layer = only(model);
        assertThat(layer.weight().dims()).containsExactly(4, 6);
        assertThat(layer.inputShape()).containsExactly(1L, 7L, 6L);
        assertThat(layer.outputShape()).containsExactly(1L, 7L, 4L);
    }

    @Test
    void attributesOfAConvolution() {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 9, 9)
                .weight("w", 6, 2, 3, 3)
                .node(
                        "Conv",
                        "conv",
                        List.of("x", "w"),
                        "y",
                        attribute("group", 2),
                        attribute("strides", List.of(2L, 3L)))
                .output("y")
                .build();
        Layer layer = only(model);
        assertThat(layer.groups()).isEqualTo(2);
        assertThat(((Convolution) layer.op()).stride()).containsExactly(2, 3);
        assertThat(layer.inChannels()).isEqualTo(4);
        assertThat(layer.outputShape()).containsExactly(1L, 6L, 4L, 3L);
    }

    @Test
    void aSizeThatDependsOnDataTakesOneRun() {
        ModelProto model = new ModelBuilder()
                .input("x", 5, 6)
                .weight("w", 6, 4)
                .stored(ModelBuilder.floats("limit", new float[] {-1}, 1))
                .node("Greater", "", List.of("x", "limit"), "mask")
                .node("NonZero", "", List.of("mask"), "where")
                .node("Transpose", "", List.of("where"), "pairs")
                .node("GatherND", "", List.of("x", "pairs"), "found")
                .stored(ModelBuilder.longs("shape", new long[] {-1, 6}, 2))
                .node("Reshape", "", List.of("found", "shape"), "rows")
                .node("MatMul", "fc", List.of("rows", "w"), "y")
                .output("y")
                .build();
        assertThat(only(model).outputShape()).containsExactly(1L, 4L);
        assertThat(only(model).supported()).isTrue();
    }

    @Test
    void behindAnUnknownOperatorTheFilesOwnSizesAreUsed() {
        ModelBuilder builder = new ModelBuilder()
                .input("x", "n", 6)
                .weight("w", 6, 4)
                .node(NodeProto.newBuilder()
                        .setOpType("Mystery")
                        .setDomain("com.example")
                        .addInput("x")
                        .addOutput("t")
                        .build())
                .node("MatMul", "fc", List.of("t", "w"), "y")
                .output("y", FLOAT, "n", 4);
        Layer unknown = only(builder.build());
        assertThat(unknown.unsupportedReason().orElse("")).startsWith("output size unknown: ONNX Runtime says: ");
        builder.graph().addValueInfo(value("t", FLOAT, "n", 6));
        Layer declared = only(builder.build());
        assertThat(declared.supported()).isTrue();
        assertThat(declared.inputShape()).containsExactly(1L, 6L);
        assertThat(declared.outputShape()).containsExactly(1L, 4L);
    }

    @Test
    void aBodyInABodySeesTheSizesOutside() {
        ModelBuilder builder = new ModelBuilder().input("x", 2, 5, 6).typedInput("c", DataType.BOOL_VALUE);
        GraphProto inner = GraphProto.newBuilder()
                .setName("inner")
                .addInitializer(builder.randomTensor("w", 6, 400))
                .addNode(nodeOf("MatMul", "fc", List.of("u", "w"), "o"))
                .addOutput(value("o", FLOAT, "a", "b", "c"))
                .build();
        GraphProto outer = GraphProto.newBuilder()
                .setName("outer")
                .addNode(nodeOf("Relu", "", List.of("x"), "u"))
                .addNode(nodeOf(
                        "If",
                        "in",
                        List.of("c"),
                        "p",
                        attribute("then_branch", inner),
                        attribute("else_branch", renamed(inner))))
                .addOutput(value("p", FLOAT, "a", "b", "c"))
                .build();
        GraphProto other = GraphProto.newBuilder()
                .setName("other")
                .addNode(nodeOf("Concat", "", List.of("x", "x"), "q", attribute("axis", 2)))
                .addOutput(value("q", FLOAT, "a", "b", "c"))
                .build();
        builder.node("If", "if", List.of("c"), "y", attribute("then_branch", outer), attribute("else_branch", other))
                .output("y");
        List<Layer> layers = layers(builder.build(), OpenOptions.DEFAULT);
        assertThat(layers)
                .extracting(l -> l.id() + " " + l.inputShape() + " " + l.outputShape())
                .containsExactly(
                        "if/then_branch/in/then_branch/fc [1, 5, 6] [1, 5, 400]",
                        "if/then_branch/in/else_branch/fc [1, 5, 6] [1, 5, 400]");
    }

    private static GraphProto renamed(GraphProto body) {
        GraphProto.Builder out = body.toBuilder().setName("renamed");
        out.getInitializerBuilder(0).setName("w2");
        out.getNodeBuilder(0).setInput(1, "w2").setOutput(0, "o2");
        out.getOutputBuilder(0).setName("o2");
        return out.build();
    }

    @Test
    void aScannedSequenceLosesItsAxis() {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addInput(value("state", FLOAT, "n", 4))
                .addInput(value("step", FLOAT, "n", 6))
                .addNode(nodeOf("MatMul", "fc", List.of("step", "w"), "p"))
                .addNode(nodeOf("Add", "", List.of("p", "state"), "next"))
                .addNode(nodeOf("Identity", "", List.of("next"), "out"))
                .addOutput(value("next", FLOAT, "n", 4))
                .addOutput(value("out", FLOAT, "n", 4))
                .build();
        ModelProto model = new ModelBuilder()
                .input("s", 2, 4)
                .input("x", 7, 2, 6)
                .weight("w", 6, 4)
                .node(nodeOf(
                                "Scan",
                                "scan",
                                List.of("s", "x"),
                                "last",
                                attribute("body", body),
                                attribute("num_scan_inputs", 1))
                        .toBuilder()
                        .addOutput("all")
                        .build())
                .output("all")
                .build();
        Layer layer = only(model);
        assertThat(layer.id().name()).isEqualTo("scan/body/fc");
        assertThat(layer.inputShape()).containsExactly(1L, 6L);
        assertThat(layer.outputShape()).containsExactly(1L, 4L);
    }

    private static ModelProto convOn(Object... dims) {
        return new ModelBuilder()
                .input("x", dims)
                .weight("w", 8, 3, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
    }

    private static void assertRefused(ModelProto model, OpenOptions options, String message) {
        assertThatThrownBy(() -> layers(model, options))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }
}
