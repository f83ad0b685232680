package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.spi.OpenDim.Origin;
import dev.wsvd.domain.spi.OpenOptions;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Dims that the file leaves open are as the options say, else as in the samples, else a default; and it is told which. */
class OpenDimsTest {
    private static final OpenOptions SAMPLES =
            OpenOptions.DEFAULT.withSamples(Map.of("ids", List.of(16L), "mask", List.of(16L)));

    @Test
    void samplesTell() {
        assertThat(positions(encoder(), SAMPLES)).isEqualTo(16);
        assertThat(dims(encoder(), SAMPLES))
                .containsExactly(new OpenDim("ids", 1, "length", 16, Origin.SAMPLES, OptionalLong.of(16)));
    }

    @Test
    void withoutSamplesADefaultIsTaken() {
        assertThat(positions(encoder(), OpenOptions.DEFAULT)).isEqualTo(1);
        assertThat(dims(encoder(), OpenOptions.DEFAULT))
                .containsExactly(new OpenDim("ids", 1, "length", 1, Origin.DEFAULT, OptionalLong.empty()));
    }

    @Test
    void optionsWin() {
        OpenOptions named = SAMPLES.withDim("length", 32);
        assertThat(positions(encoder(), named)).isEqualTo(32);
        OpenDim dim = dims(encoder(), named).get(0);
        assertThat(dim).isEqualTo(new OpenDim("ids", 1, "length", 32, Origin.OPTION, OptionalLong.of(16)));
        assertThat(dim.contradicted()).isTrue();
        OpenOptions shape = SAMPLES.withInputShape("ids", List.of(1L, 16L)).withInputShape("mask", List.of(1L, 16L));
        assertThat(dims(encoder(), shape).get(0).contradicted()).isFalse();
    }

    @Test
    void oneArrayWithoutANameIsForAModelWithOneInput() {
        ModelProto model = convolution();
        assertThat(positions(model, OpenOptions.DEFAULT.withSamples(Map.of("", List.of(3L, 10L, 12L)))))
                .isEqualTo(8 * 10);
        assertThat(positions(encoder(), OpenOptions.DEFAULT.withSamples(Map.of("", List.of(16L)))))
                .isEqualTo(1);
    }

    @Test
    void samplesThatDoNotFitAreNotUsed() {
        ModelProto model = convolution();
        OpenOptions channelsLast = OpenOptions.DEFAULT.withSamples(Map.of("x", List.of(10L, 12L, 3L)));
        assertThat(dims(model, channelsLast)).extracting(OpenDim::origin).containsOnly(Origin.DEFAULT);
        OpenOptions flat = OpenOptions.DEFAULT.withSamples(Map.of("x", List.of(360L)));
        assertThat(dims(model, flat)).extracting(OpenDim::size).containsExactly(224L, 224L);
    }

    private static ModelProto encoder() {
        return new ModelBuilder()
                .typedInput("ids", DataType.INT64_VALUE, "batch", "length")
                .typedInput("mask", DataType.INT64_VALUE, "batch", "length")
                .weight("table", 50, 8)
                .weight("w", 8, 8)
                .node("Mul", "", List.of("ids", "mask"), "kept")
                .node("Gather", "", List.of("table", "kept"), "e")
                .node("MatMul", "fc", List.of("e", "w"), "y")
                .output("y")
                .build();
    }

    private static ModelProto convolution() {
        return new ModelBuilder()
                .input("x", "n", 3, "h", "w")
                .weight("k", 8, 3, 3, 3)
                .node("Conv", "conv", List.of("x", "k"), "y")
                .output("y")
                .build();
    }

    private static long positions(ModelProto model, OpenOptions options) {
        List<Layer> layers = ListedLayers.layers(model, options);
        return layers.get(layers.size() - 1).outputPositions();
    }

    private static List<OpenDim> dims(ModelProto model, OpenOptions options) {
        return FullRank.FORMAT.of(model, "test", options).openDims();
    }
}
