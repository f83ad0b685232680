package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.KeptMoments;
import dev.wsvd.evaluation.NpyFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptMomentsTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    @TempDir
    Path folder;

    private final CompressibleModel<OnnxModel> model = open(3);
    private final ArrayDataset inputs = inputs(1);
    private Path file;

    @BeforeEach
    void chooseFile() {
        file = folder.resolve("moments.npz");
    }

    @Test
    void areWrittenOnceAndReadWithoutInputsBitByBit() throws IOException {
        Map<LayerId, LayerMoments> learnt = moments(KeptMoments.at(file, model.identity(), FORMAT, inputs), model);
        byte[] written = Files.readAllBytes(file);
        Map<LayerId, LayerMoments> again = moments(KeptMoments.at(file, model.identity(), FORMAT, inputs), model);
        Map<LayerId, LayerMoments> alone = moments(KeptMoments.at(file, model.identity()), model);

        assertThat(learnt).containsOnlyKeys(new LayerId("grouped"), new LayerId("fc"));
        assertThat(Files.readAllBytes(file)).isEqualTo(written);
        assertSame(again, learnt);
        assertSame(alone, learnt);
        Map<String, Tensor> arrays = NpyFiles.readNpz(file);
        assertThat(arrays.get("covariance:grouped").shape()).containsExactly(2L, 18L, 18L);
        assertThat(arrays.get("mean:fc").getDouble(3))
                .isEqualTo(learnt.get(new LayerId("fc")).groups().get(0).mean()[3]);
    }

    @Test
    void withoutInputsNothingIsComparedOrCorrected() {
        moments(KeptMoments.at(file, model.identity(), FORMAT, inputs), model);
        KeptMoments<OnnxModel> alone = KeptMoments.at(file, model.identity());

        assertThat(alone.divergence(model.model(), model.model())).isNaN();
        assertThat(alone.joint(
                        model.model(),
                        model.model(),
                        FullRank.split(model, model.layers().get(0), Unfolding.INPUT_CHANNEL, 2),
                        EJML))
                .isEmpty();
    }

    @Test
    void ofAnotherModelOrOtherInputsAreRefused() {
        moments(KeptMoments.at(file, model.identity(), FORMAT, inputs), model);

        CompressibleModel<OnnxModel> other = open(1);
        assertThatThrownBy(() -> moments(KeptMoments.at(file, other.identity(), FORMAT, inputs), model))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments in " + file + " are of another model than 'net'. Maybe use another file.");
        assertThatThrownBy(() -> moments(KeptMoments.at(file, model.identity(), FORMAT, inputs(2)), model))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments in " + file + " were learnt from other inputs. Maybe use another file.");
        assertThatThrownBy(() -> moments(KeptMoments.at(file, model.identity()), other))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The file " + file + " has no moments of layer 'grouped' (4×2×1×1): needed is an array of"
                        + " float64 [2, 2], found float64 [2, 18].");
    }

    @Test
    void thatAreNoneAreRefused() throws IOException {
        assertThatThrownBy(() -> moments(KeptMoments.at(file, model.identity()), model))
                .hasMessage("The file " + file + " does not exist.");
        NpyFiles.writeNpz(file, Map.of("image", () -> Tensor.ofFloats(List.of(1L), new float[] {1})));
        assertThatThrownBy(() -> moments(KeptMoments.at(file, model.identity()), model))
                .hasMessage("The file " + file + " does not hold moments: it has no array 'wsvd-moments'.");
        Files.writeString(file, "moments");
        assertThatThrownBy(() -> moments(KeptMoments.at(file, model.identity()), model))
                .hasMessage("The file " + file + " is not a .npz file, or is damaged or cut off.");
    }

    private static Map<LayerId, LayerMoments> moments(
            KeptMoments<OnnxModel> calibration, CompressibleModel<OnnxModel> of) {
        List<Layer> layers = of.layers().stream().filter(Layer::splittable).toList();
        return calibration.moments(of.model(), layers, EJML);
    }

    private static void assertSame(Map<LayerId, LayerMoments> actual, Map<LayerId, LayerMoments> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        expected.forEach((id, moments) -> {
            assertThat(actual.get(id).patches()).isEqualTo(moments.patches());
            for (int g = 0; g < moments.groups().size(); g++) {
                assertThat(actual.get(id).groups().get(g).mean())
                        .isEqualTo(moments.groups().get(g).mean());
                assertThat(actual.get(id).groups().get(g).covariance().data())
                        .isEqualTo(moments.groups().get(g).covariance().data());
            }
        });
    }

    private static CompressibleModel<OnnxModel> open(int side) {
        ModelProto proto = new ModelBuilder()
                .input("x", "N", 4, 6, 6)
                .weight("w", 4, 2, side, side)
                .node("Conv", "grouped", List.of("x", "w"), "h", attribute("group", 2))
                .node("Relu", "relu", List.of("h"), "a")
                .node("Flatten", "flat", List.of("a"), "f")
                .weight("v", 4, 4 * (7 - side) * (7 - side))
                .node("Gemm", "fc", List.of("f", "v"), "y", attribute("transB", 1))
                .output("y")
                .build();
        return FORMAT.of(proto, "net", OpenOptions.DEFAULT);
    }

    private static ArrayDataset inputs(int seed) {
        Random random = new Random(seed);
        float[] values = new float[30 * 4 * 36];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return ArrayDataset.of(Map.of("x", Tensor.ofFloats(List.of(30L, 4L, 6L, 6L), values)));
    }
}
