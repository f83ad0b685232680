package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Factors with values that processors are slow with are written without them, whichever way round they are stored. */
class SubnormalFactorsTest {
    private static final float[] TINY = {Float.MIN_VALUE, -1e-38f, 9e-31f, 1e-30f, -0.5f};

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"Conv", "Gemm", "MatMul"})
    void areWrittenAsZero(String op) {
        Path file = folder.resolve("split.onnx");
        List<LayerId> stages;
        try (CompressibleModel<OnnxModel> model = FullRank.open(network(op))) {
            Layer layer = model.layers().get(0);
            try (CompressibleModel<OnnxModel> split = model.with(List.of(tiny(layer)))) {
                stages = split.stagesOf(layer.id());
                split.save(file);
            }
        }
        try (CompressibleModel<OnnxModel> saved = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
            assertThat(stages).hasSize(2);
            for (LayerId stage : stages) {
                assertThat(Arrays.copyOf(saved.weights(stage).all(), TINY.length))
                        .as(stage.name())
                        .containsExactly(0, 0, 0, 1e-30f, -0.5f);
            }
        }
    }

    /** Two stages that begin with such values. */
    private static Replacement tiny(Layer layer) {
        Choice choice = Choice.of("output-channel", 3);
        List<Stage> stages = new ArrayList<>();
        FullRank.SCHEMES
                .blueprint(Place.of(layer), choice)
                .stages()
                .get(layer.id())
                .forEach(sized -> {
                    float[] values =
                            new float[Math.toIntExact(sized.op().weight().elements())];
                    Arrays.fill(values, 1);
                    System.arraycopy(TINY, 0, values, 0, TINY.length);
                    stages.add(new Stage(sized.op(), values));
                });
        return new Replacement(choice, Map.of(layer, stages), 0);
    }

    private static ModelProto network(String op) {
        Net net = new Net(17, false);
        return net.build(
                switch (op) {
                    case "Conv" -> net.conv("layer", net.input("N", 8, 6, 6), 8, 8, 3, true);
                    case "Gemm" -> net.gemm("layer", net.input("N", 8), 8, 8, true);
                    default -> net.linear("layer", net.input("N", 8), 8, 8, true);
                });
    }
}
