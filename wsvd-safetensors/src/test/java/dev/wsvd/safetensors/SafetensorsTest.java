package dev.wsvd.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that the Python package wrote, and files of our own. */
class SafetensorsTest {
    @TempDir
    private Path folder;

    private static Path file(String name) {
        try {
            return Path.of(SafetensorsTest.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void tensorsAreReadByName() {
        Safetensors file = Safetensors.open(file("f32.safetensors"));
        assertThat(file.names()).containsExactlyInAnyOrder("bert.query.weight", "bert.query.bias");
        assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
        StoredTensor weight = file.tensor("bert.query.weight");
        assertThat(weight.type()).isEqualTo(Dtype.F32);
        assertThat(weight.shape()).containsExactly(2L, 3L);
        assertThat(weight.floats()).containsExactly(0, 0.25f, 0.5f, 0.75f, 1, 1.25f);
        assertThat(weight.floats(2, 3)).containsExactly(0.5f, 0.75f, 1);
    }

    @Test
    void everyRealTypeIsReadAsFloat32() {
        Safetensors file = Safetensors.open(file("types.safetensors"));
        assertThat(file.tensor("half").floats()).containsExactly(1.5f, -0.25f, 65504);
        assertThat(file.tensor("brain").floats()).containsExactly(1.5f, -0.25f, 3.140625f, 0x1.94p99f);
        assertThat(file.tensor("double").shape()).isEmpty();
        assertThat(file.tensor("double").floats()).containsExactly(0.1f);
        assertThatThrownBy(() -> file.tensor("ids").floats())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The tensor 'ids' of '" + file("types.safetensors")
                        + "' is I64; F32, F16, BF16 and F64 can be read as weights.");
    }

    @Test
    void theFilesOfAnIndexAreOne() {
        Safetensors model = Safetensors.open(file("model.safetensors.index.json"));
        assertThat(model.names()).containsExactlyInAnyOrder("a.weight", "b.weight");
        assertThat(model.tensor("a.weight").floats()).containsExactly(1, 2);
        assertThat(model.tensor("b.weight").floats()).containsExactly(3);
        assertThat(model.files())
                .extracting(path -> path.getFileName().toString())
                .containsExactly(
                        "model.safetensors.index.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors");
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        Safetensors source = Safetensors.open(file("types.safetensors"));
        Path target = folder.resolve("out.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        source.tensors().forEach(writer::add);
        writer.add("new", Dtype.F32, List.of(2L, 1L), () -> new float[] {1, 2})
                .add("rounded", Dtype.BF16, List.of(2L), () -> new float[] {1.00390625f, -3.0e38f})
                .add("none", Dtype.F16, List.of(0L, 7L), () -> new float[0])
                .write(target, Map.of("format", "pt"));

        Safetensors out = Safetensors.open(target);
        assertThat(out.names()).contains("new", "rounded", "none").containsAll(source.names());
        for (StoredTensor tensor : source.tensors()) {
            StoredTensor copy = out.tensor(tensor.name());
            assertThat(copy.type()).isEqualTo(tensor.type());
            assertThat(copy.shape()).isEqualTo(tensor.shape());
            assertThat(copy.bytes()).isEqualTo(tensor.bytes());
        }
        assertThat(out.tensor("new").floats()).containsExactly(1, 2);
        // Half way between two: to the even one.
        assertThat(out.tensor("rounded").floats()).containsExactly(1, -0x1.c4p127f);
        assertThat(out.tensor("none").floats()).isEmpty();
        assertThat(out.metadata()).isEqualTo(Map.of("format", "pt"));
        assertThat(out.tensors())
                .allMatch(tensor -> tensor.offset() % (tensor.type().bits() / 8) == 0);
    }

    @ParameterizedTest
    @CsvSource({"F16, 65520", "BF16, 3.4e38"})
    void aValueThatIsTooLargeForItsTypeIsNotWritten(Dtype type, float value) {
        Path target = folder.resolve("out.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter().add("a", type, List.of(1L), () -> new float[] {value});
        assertThatThrownBy(() -> writer.write(target, Map.of()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The tensor 'a' has the value " + value + ", which " + type + " cannot hold.");
        assertThat(target).doesNotExist();
    }

    @Test
    void infinityIsWrittenInEveryType() {
        Path target = folder.resolve("out.safetensors");
        float[] infinite = {Float.NEGATIVE_INFINITY};
        SafetensorsWriter writer = new SafetensorsWriter();
        List<Dtype> types = List.of(Dtype.F16, Dtype.BF16, Dtype.F32, Dtype.F64);
        types.forEach(type -> writer.add(type.name(), type, List.of(1L), () -> infinite));
        writer.write(target, Map.of());
        assertThat(Safetensors.open(target).tensors())
                .hasSize(types.size())
                .allSatisfy(tensor -> assertThat(tensor.floats()).isEqualTo(infinite));
    }

    @Test
    void aDoubleThatIsTooLargeForFloat32IsRefused() throws IOException {
        String header = "{\"a\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}";
        byte[] head = HostileSafetensorsTest.withLength(header.getBytes(StandardCharsets.UTF_8))
                .array();
        ByteBuffer all = ByteBuffer.allocate(head.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        all.put(head).putDouble(1).putDouble(1e300);
        Path file = Files.write(folder.resolve("double.safetensors"), all.array());
        assertThatThrownBy(() -> Safetensors.open(file).tensor("a").floats())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The tensor 'a' of '" + file + "' has the value 1.0E300, which F32 cannot hold.");
    }

    @Test
    void twoTensorsOfOneNameAreNotWritten() {
        SafetensorsWriter writer = new SafetensorsWriter().add("a", Dtype.F32, List.of(1L), () -> new float[1]);
        assertThatThrownBy(() -> writer.add("a", Dtype.F16, List.of(1L), () -> new float[1]))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("There would be two tensors 'a' in one file.");
    }

    /** The file is a hole but for its header and last bytes. */
    @Test
    void tensorsBeyondTwoGigabytesAreRead() throws IOException {
        long elements = 700_000_000;
        String header = "{\"wide\":{\"dtype\":\"F32\",\"shape\":[700000000],\"data_offsets\":[0,2800000000]},"
                + "\"last\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[2800000000,2800000004]}}";
        Path file = folder.resolve("large.safetensors");
        Set<StandardOpenOption> sparse =
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE);
        try (SeekableByteChannel out = Files.newByteChannel(file, sparse)) {
            out.write(HostileSafetensorsTest.withLength(header.getBytes(StandardCharsets.UTF_8)));
            out.position(8L + header.length() + 4 * elements - 4);
            // 1.5 and 2.5, little-endian.
            out.write(ByteBuffer.wrap(new byte[] {0, 0, (byte) 0xc0, 0x3f, 0, 0, 0x20, 0x40}));
        }
        Safetensors large = Safetensors.open(file);
        assertThat(large.tensor("wide").floats(elements - 2, 2)).containsExactly(0, 1.5f);
        assertThat(large.tensor("last").floats()).containsExactly(2.5f);
        assertThatThrownBy(() -> large.tensor("wide").bytes())
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The tensor 'wide' of '" + file
                        + "' has 2800000000 bytes; at most 2147483647 can be read at once.");
    }

    @Test
    void anUnknownNameIsToldWithThoseNearIt() {
        Safetensors file = Safetensors.open(file("f32.safetensors"));
        assertThatThrownBy(() -> file.tensor("query.weight"))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("'" + file("f32.safetensors")
                        + "' has no tensor 'query.weight'. Maybe 'bert.query.weight' was meant.");
    }
}
