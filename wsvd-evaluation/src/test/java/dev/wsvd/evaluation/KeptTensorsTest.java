package dev.wsvd.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KeptTensorsTest {
    private static Tensor floats(float... values) {
        return Tensor.ofFloats(List.of(1L, (long) values.length), values);
    }

    private static long leftovers() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().endsWith(".unnamed"))
                    .count();
        }
    }

    @Test
    void whatDoesNotFitIntoMemoryIsTheSameFromAFile() throws IOException {
        long before = leftovers();
        try (KeptTensors kept = new KeptTensors(12, new UnnamedFile())) {
            kept.put(0, "a", floats(1, 2));
            kept.put(0, "b", floats(3, 4, 5));
            kept.put(2, "a", floats(6));
            kept.put(2, "b", Tensor.ofLongs(List.of(2L), new long[] {7, Long.MIN_VALUE}));

            assertThat(kept.get(0, "a").data()).isEqualTo(floats(1, 2).data());
            assertThat(kept.get(0, "b").data()).isEqualTo(floats(3, 4, 5).data());
            assertThat(kept.get(0, "b").shape()).containsExactly(1L, 3L);
            assertThat(kept.get(2, "a").data()).isEqualTo(floats(6).data());
            assertThat(kept.get(2, "b").data().asLongBuffer().get(1)).isEqualTo(Long.MIN_VALUE);
            assertThat(kept.infos().keySet()).containsExactly("a", "b");
            assertThat(kept.infos().values()).extracting(TensorInfo::shape).contains(List.of(-1L, -1L), List.of(-1L));
            // The file has no name while it is used, so that a process that is killed leaves none.
            assertThat(leftovers()).isEqualTo(before);
        }
    }

    @Test
    void whereThereIsNoRoomNothingIsKept() {
        try (KeptTensors kept = new KeptTensors(8, new UnnamedFile(8))) {
            kept.put(0, "a", floats(1, 2));
            kept.put(0, "b", floats(3, 4));
            assertThat(kept.isFull()).isFalse();

            kept.put(2, "a", floats(5, 6));
            kept.put(2, "b", floats(7, 8));

            assertThat(kept.isFull()).isTrue();
            assertThat(kept.infos()).isEmpty();
        }
    }

    @Test
    void whatIsNotKeptIsNotGiven() {
        try (KeptTensors kept = new KeptTensors()) {
            kept.put(0, "a", floats(1));

            assertThatThrownBy(() -> kept.get(0, "b"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("'b'");
            assertThatThrownBy(() -> kept.get(1, "a")).isInstanceOf(IllegalStateException.class);
        }
    }
}
