package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is learnt from inputs of transposed convolutions, however their taps lie. */
class TransposedCalibrationTest {
    static Stream<Arguments> models() {
        return Stream.of(
                up(
                        "transposed, taps beside each other",
                        6,
                        List.of(3, 4),
                        1,
                        3,
                        List.of(2L, 3L),
                        attribute("strides", List.of(2L, 3L))),
                up(
                        "transposed, taps apart, outputs left out and added",
                        6,
                        List.of(3, 4),
                        1,
                        4,
                        List.of(2L, 1L),
                        attribute("strides", List.of(3L, 2L)),
                        attribute("pads", List.of(1L, 0L, 0L, 0L)),
                        attribute("output_padding", List.of(1L, 1L))),
                up(
                        "transposed, taps over each other",
                        5,
                        List.of(4, 5),
                        1,
                        3,
                        List.of(3L, 4L),
                        attribute("strides", List.of(2L, 2L)),
                        attribute("pads", List.of(1L, 1L, 0L, 1L))),
                up(
                        "transposed, taps of several strides, dilation, groups",
                        6,
                        List.of(4, 5),
                        2,
                        2,
                        List.of(3L, 2L),
                        attribute("strides", List.of(2L, 1L)),
                        attribute("dilations", List.of(3L, 2L)),
                        attribute("group", 2)),
                up(
                        "transposed, same upper",
                        4,
                        List.of(4, 5),
                        1,
                        3,
                        List.of(4L, 3L),
                        attribute("auto_pad", "SAME_UPPER"),
                        attribute("strides", List.of(1L, 2L))),
                up(
                        "transposed, to a size",
                        4,
                        List.of(4, 5),
                        1,
                        3,
                        List.of(3L, 3L),
                        attribute("output_shape", List.of(6L, 10L)),
                        attribute("strides", List.of(2L, 2L))),
                up("transposed, one dim", 5, List.of(7), 1, 3, List.of(4L), attribute("strides", List.of(2L))),
                up(
                        "transposed, three dims",
                        4,
                        List.of(2, 3, 2),
                        1,
                        3,
                        List.of(2L, 2L, 2L),
                        attribute("strides", List.of(2L, 2L, 1L))));
    }

    /** A transposed one, with a bias. */
    private static Arguments up(
            String name,
            int in,
            List<Integer> size,
            int groups,
            int outPerGroup,
            List<Long> kernel,
            AttributeProto... attributes) {
        List<Long> channels = List.of((long) in, (long) outPerGroup);
        return CalibrationTest.conv(
                "ConvTranspose", name, in, size, channels, kernel, groups * outPerGroup, true, attributes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void thePredictedErrorIsTheOneTheEngineShows(String name, ModelProto proto, int[] sample) {
        CalibrationTest.assertShown(name, proto, sample);
    }
}
