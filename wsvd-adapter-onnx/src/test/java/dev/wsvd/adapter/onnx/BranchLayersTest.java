package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.longs;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static dev.wsvd.adapter.onnx.ModelBuilder.value;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Layers in the branches of an {@code If} whose sizes only a run of that branch tells, as in models of speech for two sample rates. */
class BranchLayersTest {
    private static final int FLOAT = DataType.FLOAT_VALUE;
    private static final List<String> LAYERS = List.of(
            "rate/then_branch/stft [1, 1, 70] → [1, 8, 66]",
            "rate/then_branch/deeper/then_branch/conv [1, 8, 66] → [1, 4, 64]",
            "rate/then_branch/deeper/else_branch/conv [1, 8, 66] → [1, 4, 64]",
            "rate/else_branch/stft [1, 1, 66] → [1, 8, 62]",
            "rate/else_branch/deeper/then_branch/conv [1, 8, 62] → [1, 4, 60]",
            "rate/else_branch/deeper/else_branch/conv [1, 8, 62] → [1, 4, 60]");

    @Test
    void bothBranchesAreMeasuredByRunningThem() {
        assertThat(model(64).layers()).extracting(BranchLayersTest::described).containsExactlyElementsOf(LAYERS);
        assertThat(model(64).layers()).allMatch(Layer::supported);
    }

    @Test
    void whatComesBeforeANodeThatDoesNotTakeTheSizesIsMeasured() {
        GraphProto.Builder branch = branch(3).toBuilder();
        branch.getNodeBuilder(branch.getNodeCount() - 1).setOutput(0, "z");
        branch.addNode(nodeOf("Reshape", "", List.of("z", "five"), "y"))
                .addInitializer(longs("five", new long[] {5}, 1));
        var model = FullRank.FORMAT.of(model(branch.build(), branch(1)), "test", options(64));
        assertThat(model.layers()).extracting(BranchLayersTest::described).containsExactlyElementsOf(LAYERS);
    }

    @Test
    void sizesAreThoseOfTheModelsInputs() {
        assertThat(model(20).layers())
                .extracting(BranchLayersTest::described)
                .contains("rate/then_branch/stft [1, 1, 26] → [1, 8, 22]");
    }

    @Test
    void splitAtFullRankEitherBranchComputesWhatItDid() {
        var model = model(64);
        var split = FullRank.splitAll(model, "output-channel");
        assertThat(split.layers()).hasSize(12);
        for (long rate : new long[] {16000, 8000}) {
            Map<String, Tensor> inputs = Map.of(
                    "x", Tensor.ofFloats(List.of(2L, 64L), noise(128)), "sr", Tensor.ofLongs(List.of(), new long[] {rate
                    }));
            FullRank.assertSame(FullRank.run(split.model(), inputs), FullRank.run(model.model(), inputs), 1e-5);
        }
    }

    private static dev.wsvd.domain.spi.CompressibleModel<OnnxModel> model(long samples) {
        return FullRank.FORMAT.of(model(branch(3), branch(1)), "test", options(samples));
    }

    private static OpenOptions options(long samples) {
        return OpenOptions.DEFAULT.withInputShape("x", List.of(1L, samples));
    }

    private static ModelProto model(GraphProto then, GraphProto otherwise) {
        return new ModelBuilder()
                .input("x", "batch", "samples")
                .typedInput("sr", DataType.INT64_VALUE)
                .stored(longs("high", new long[] {16000}))
                .node("Equal", "", List.of("sr", "high"), "is_high")
                .node(nodeOf(
                        "If",
                        "rate",
                        List.of("is_high"),
                        "out",
                        attribute("then_branch", then),
                        attribute("else_branch", otherwise)))
                .output("out")
                .build();
    }

    /** Pads by a size that is computed, convolves, and chooses another convolution by a size that is computed. */
    private static GraphProto branch(long padding) {
        ModelBuilder weights = new ModelBuilder();
        return GraphProto.newBuilder()
                .setName("branch" + padding)
                .addInitializer(longs("before", new long[] {0, padding}, 2))
                .addInitializer(longs("one", new long[] {1}, 1))
                .addInitializer(longs("four", new long[] {4}))
                .addInitializer(weights.randomTensor("basis", 8, 1, 5))
                .addNode(nodeOf("Concat", "", List.of("before", "before"), "pads", attribute("axis", 0)))
                .addNode(nodeOf("Pad", "", List.of("x", "pads"), "padded", attribute("mode", "reflect")))
                .addNode(nodeOf("Unsqueeze", "", List.of("padded", "one"), "framed"))
                .addNode(nodeOf("Conv", "stft", List.of("framed", "basis"), "spectrum"))
                .addNode(nodeOf("Size", "", List.of("spectrum"), "size"))
                .addNode(nodeOf("Less", "", List.of("size", "four"), "small"))
                .addNode(nodeOf(
                        "If",
                        "deeper",
                        List.of("small"),
                        "y",
                        attribute("then_branch", deeper("a")),
                        attribute("else_branch", deeper("b"))))
                .addOutput(value("y", FLOAT, "n", 4, "t"))
                .build();
    }

    private static GraphProto deeper(String name) {
        return GraphProto.newBuilder()
                .setName(name)
                .addInitializer(new ModelBuilder().randomTensor("w" + name, 4, 8, 3))
                .addNode(nodeOf("Conv", "conv", List.of("spectrum", "w" + name), "o" + name))
                .addOutput(value("o" + name, FLOAT, "n", 4, "t"))
                .build();
    }

    private static float[] noise(int count) {
        java.util.Random random = new java.util.Random(3);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat();
        }
        return values;
    }

    private static String described(Layer layer) {
        return layer.id() + " " + layer.inputShape() + " → " + layer.outputShape();
    }
}
