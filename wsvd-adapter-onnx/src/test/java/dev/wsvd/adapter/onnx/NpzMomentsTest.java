package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.WeighedChange;
import dev.wsvd.domain.moments.WeighedChange.Kind;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpyFiles;
import dev.wsvd.evaluation.NpzMoments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzMomentsTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();

    private static final Map<WeighedChange, LossCurve> LOSSES = Map.of(
            new WeighedChange(new LayerId("fc"), Kind.LAYER),
            LossCurve.UNKNOWN.with(0.1, 0.02).with(0.4, 0.3),
            new WeighedChange(new LayerId("fc"), Kind.CUT),
            LossCurve.UNKNOWN.with(0.2, 0.05));

    @TempDir
    Path folder;

    private final CompressibleModel<OnnxModel> model = open(3);
    private Path file;
    private NpzMoments store;

    @BeforeEach
    void chooseFile() {
        file = folder.resolve("moments.npz");
        store = NpzMoments.at(file);
    }

    @Test
    void areReadAsTheyWereSavedBitByBit() {
        Map<LayerId, LayerMoments> learnt = saved();
        MomentsStore.Kept kept = store.load(model.identity(), inputs(1).identity(), layers(model));
        MomentsStore.Kept ofAny = store.load(model.identity(), Optional.empty(), layers(model));

        assertThat(learnt).containsOnlyKeys(new LayerId("grouped"), new LayerId("fc"));
        assertSame(kept.moments(), learnt);
        assertSame(ofAny.moments(), learnt);
        assertThat(kept.losses()).isEqualTo(LOSSES);
        assertThat(ofAny.inputs().sha256())
                .isEqualTo(inputs(1).identity().orElseThrow().sha256());
        Map<String, Tensor> arrays = NpyFiles.readNpz(file);
        assertThat(arrays.get("covariance:grouped").shape()).containsExactly(2L, 18L, 18L);
        assertThat(arrays.get("mean:fc").getDouble(3))
                .isEqualTo(learnt.get(new LayerId("fc")).groups().get(0).mean()[3]);
    }

    @Test
    void ofAnotherModelOrOtherInputsAreRefused() {
        saved();

        CompressibleModel<OnnxModel> other = open(1);
        assertThatThrownBy(() -> store.load(other.identity(), inputs(1).identity(), layers(model)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments in " + file + " are of another model than 'net'. Maybe use another file.");
        assertThatThrownBy(() -> store.load(model.identity(), inputs(2).identity(), layers(model)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The moments in " + file + " were learnt from other inputs. Maybe use another file.");
        assertThatThrownBy(() -> store.load(model.identity(), Optional.empty(), layers(other)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The file " + file + " has no moments of layer 'grouped' (4×2×1×1): needed is an array of"
                        + " float64 [2, 2], found float64 [2, 18].");
    }

    @Test
    void thatAreNoneAreRefused() throws IOException {
        assertThat(store.isFilled()).isFalse();
        assertThatThrownBy(this::loaded).hasMessage("The file " + file + " does not exist.");
        NpyFiles.writeNpz(file, Map.of("image", () -> Tensor.ofFloats(List.of(1L), new float[] {1})));
        assertThat(store.isFilled()).isTrue();
        assertThatThrownBy(this::loaded)
                .hasMessage("The file " + file + " does not hold moments: it has no array 'wsvd-moments'.");
        Files.writeString(file, "moments");
        assertThatThrownBy(this::loaded)
                .hasMessage("The file " + file + " is not a .npz file, or is damaged or cut off.");
        assertThatThrownBy(() -> NpzMoments.at(file))
                .hasMessage("The file " + file + " is not a .npz file, or is damaged or cut off.");
    }

    @Test
    void lossesThatAreNoCurveAreRefused() {
        for (double[] rows : List.of(
                new double[] {0, 1}, new double[] {0.2, 1, 0.1, 2}, new double[] {0.1, 2, 0.2, 1}, new double[] {
                    0.1, Double.NaN
                })) {
            saved();
            Map<String, Supplier<Tensor>> arrays = new LinkedHashMap<>();
            NpyFiles.readNpz(file).forEach((name, array) -> arrays.put(name, () -> array));
            ByteBuffer data = ByteBuffer.allocate(8 * rows.length).order(ByteOrder.LITTLE_ENDIAN);
            data.asDoubleBuffer().put(rows);
            arrays.put(
                    "loss:cut:fc",
                    () -> new Tensor(ElementType.FLOAT64, List.of((long) rows.length / 2, 2L), data.duplicate()));
            NpyFiles.writeNpz(file, arrays);
            assertThatThrownBy(this::loaded)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage(
                            "The file " + file + " holds no losses in its array 'loss:cut:fc': needed are rows of two"
                                    + " finite float64 numbers, rising errors above 0 and losses that do not fall.");
        }
    }

    private MomentsStore.Kept loaded() {
        return store.load(model.identity(), Optional.empty(), layers(model));
    }

    private Map<LayerId, LayerMoments> saved() {
        ArrayActivations<OnnxModel> inputs = inputs(1);
        Map<LayerId, LayerMoments> learnt = Moments.of(inputs, model.model(), layers(model), EJML);
        store.save(model.identity(), inputs.identity().orElseThrow(), learnt, LOSSES);
        return learnt;
    }

    private static List<Layer> layers(CompressibleModel<OnnxModel> of) {
        return of.layers().stream().filter(Layer::supported).toList();
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

    private static ArrayActivations<OnnxModel> inputs(int seed) {
        Random random = new Random(seed);
        float[] values = new float[30 * 4 * 36];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat();
        }
        return ArrayActivations.of(
                FORMAT, ArrayDataset.of(Map.of("x", Tensor.ofFloats(List.of(30L, 4L, 6L, 6L), values))));
    }
}
