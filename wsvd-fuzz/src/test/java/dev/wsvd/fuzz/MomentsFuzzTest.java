package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.NpzMoments;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** A file of moments for one layer, its arrays mutated one by one. */
class MomentsFuzzTest {
    private static final InputFile INPUT = new InputFile("moments.npz");
    private static final ModelIdentity MODEL = new ModelIdentity("fuzzed", "00".repeat(32));
    private static final Layer LAYER = Layer.of(
            new LayerId("conv"),
            new Convolution(new WeightShape(4, 2, List.of(1, 1)), 1, List.of(1, 1)),
            List.of(1L, 2L, 3L, 3L),
            List.of(1L, 4L, 3L, 3L));

    static Stream<byte[]> files() {
        Map<String, Supplier<Tensor>> arrays = new LinkedHashMap<>();
        arrays.put("wsvd-moments", () -> Tensor.ofLongs(List.of(), new long[] {1}));
        arrays.put("model", () -> tensor(ElementType.UINT8, 32));
        arrays.put("inputs", () -> tensor(ElementType.UINT8, 32));
        arrays.put("patches:conv", () -> Tensor.ofLongs(List.of(), new long[] {100}));
        arrays.put("mean:conv", () -> tensor(ElementType.FLOAT64, 1, 2));
        arrays.put("covariance:conv", () -> tensor(ElementType.FLOAT64, 1, 2, 2));
        return Stream.of(ArchiveBytes.of(arrays));
    }

    private static Tensor tensor(ElementType type, long... shape) {
        long elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return new Tensor(
                type, Arrays.stream(shape).boxed().toList(), ByteBuffer.allocate((int) elements * type.bytes()));
    }

    @MethodSource("files")
    @FuzzTest
    void moments(byte[] bytes) {
        Path file = INPUT.with(ArchiveBytes.archive(bytes));
        Sentence.orResult(() -> NpzMoments.at(file).load(MODEL, Optional.empty(), List.of(LAYER)));
    }
}
