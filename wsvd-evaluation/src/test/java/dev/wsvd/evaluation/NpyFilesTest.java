package dev.wsvd.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyFilesTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "f2, FLOAT16",
        "f4, FLOAT32",
        "f8, FLOAT64",
        "i1, INT8",
        "i2, INT16",
        "i4, INT32",
        "i8, INT64",
        "u1, UINT8",
        "u2, UINT16",
        "u4, UINT32",
        "u8, UINT64",
        "big-f2, FLOAT16",
        "big-f4, FLOAT32",
        "big-f8, FLOAT64",
        "big-i2, INT16",
        "big-i4, INT32",
        "big-u8, UINT64"
    })
    void everyTypeOfNumberIsRead(String name, ElementType type) {
        Tensor tensor = NpyFiles.read(Fixtures.file(name + ".npy"));
        assertThat(tensor.type()).isEqualTo(type);
        assertThat(tensor.shape()).containsExactly(2L, 3L);
        assertThat(values(tensor)).containsExactly(1.0, 2.0, 3.0, 4.0, 5.0, 6.0);
    }

    @Test
    void booleansAreRead() {
        Tensor tensor = NpyFiles.read(Fixtures.file("b1.npy"));
        assertThat(tensor.type()).isEqualTo(ElementType.BOOL);
        assertThat(values(tensor)).containsExactly(1.0, 0.0, 1.0, 0.0, 1.0, 1.0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fortran", "big-fortran"})
    void fortranOrderIsTurnedIntoCOrder(String name) {
        Tensor tensor = NpyFiles.read(Fixtures.file(name + ".npy"));
        assertThat(tensor.shape()).containsExactly(2L, 3L, 4L);
        assertThat(values(tensor))
                .containsExactly(
                        IntStream.rangeClosed(1, 24).asDoubleStream().boxed().toArray(Double[]::new));
    }

    @Test
    void scalarsVectorsAndEmptyArraysAreRead() {
        Tensor scalar = NpyFiles.read(Fixtures.file("scalar.npy"));
        assertThat(scalar.shape()).isEmpty();
        assertThat(values(scalar)).containsExactly(2.5);
        assertThat(values(NpyFiles.read(Fixtures.file("vector.npy")))).containsExactly(5.0, 6.0, 7.0);
        assertThat(NpyFiles.read(Fixtures.file("empty.npy")).shape()).containsExactly(0L, 3L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"version2", "version3"})
    void laterVersionsAreRead(String name) {
        assertThat(values(NpyFiles.read(Fixtures.file(name + ".npy")))).containsExactly(1.5, -2.0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"f2", "f4", "f8", "i1", "i8", "u1", "u4", "b1", "scalar", "vector", "empty"})
    void whatIsWrittenIsWhatNumpyWrites(String name) throws IOException {
        Path copy = folder.resolve("copy.npy");
        NpyFiles.write(copy, NpyFiles.read(Fixtures.file(name + ".npy")));
        assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(Fixtures.file(name + ".npy")));
    }

    @Test
    void archivesAreReadByName() {
        Map<String, Tensor> stored = NpyFiles.readNpz(Fixtures.file("stored.npz"));
        assertThat(stored).containsOnlyKeys("a", "b");
        assertThat(values(stored.get("a"))).containsExactly(0.5, 1.5);
        assertThat(values(stored.get("b"))).containsExactly(1.0, 2.0);

        Map<String, Tensor> deflated = NpyFiles.readNpz(Fixtures.file("deflated.npz"));
        assertThat(deflated.get("x").shape()).containsExactly(100L, 10L);
        assertThat(NpyFiles.readNpz(Fixtures.file("unnamed.npz"))).containsOnlyKeys("arr_0");
    }

    @Test
    void filesThatAreNoneAreRefused() throws IOException {
        Path none = folder.resolve("none.npy");
        refused(() -> NpyFiles.read(none), "The file " + none + " does not exist.");
        refused(() -> NpyFiles.readNpz(none), "The file " + none + " does not exist.");
        refused(() -> NpyFiles.read(folder), folder + " is not a file.");
        Path text = Files.writeString(folder.resolve("text.npz"), "not a zip");
        refused(() -> NpyFiles.readNpz(text), "The file " + text + " is not a .npz file, or is damaged or cut off.");
        refused(
                () -> NpyFiles.read(text),
                "The file " + text + " is not a .npy array: it does not begin with NumPy's signature.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            objects.npy | holds Python objects, which are never loaded. Maybe its rows differ in length; save an array of numbers.
            records.npy | holds records of several fields; only plain numbers can be read.
            complex.npy | holds elements of type '<c8'; allowed: bool, float16, float32, float64, and signed and unsigned integers of 8 to 64 bits.
            text.npy    | holds elements of type '<U2'; allowed: bool, float16, float32, float64, and signed and unsigned integers of 8 to 64 bits.
            """)
    void arraysThatAreNotNumbersAreRefused(String name, String message) {
        Path file = Fixtures.file(name);
        refused(() -> NpyFiles.read(file), "The file " + file + " " + message);
    }

    @Test
    void pickledArraysInArchivesAreRefused() {
        Path file = Fixtures.file("objects.npz");
        refused(
                () -> NpyFiles.readNpz(file),
                "Array 'x' of the file " + file
                        + " holds Python objects, which are never loaded. Maybe its rows differ in"
                        + " length; save an array of numbers.");
    }

    static double[] values(Tensor tensor) {
        return IntStream.range(0, (int) tensor.elements())
                .mapToDouble(tensor::getDouble)
                .toArray();
    }

    static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call)
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }

    @Test
    void aMapBoundaryIsCrossedByCopying() throws IOException {
        Path file = folder.resolve("rows.npy");
        float[] numbers = new float[14];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i;
        }
        NpyFiles.write(file, Tensor.ofFloats(List.of(7L, 2L), numbers));
        try (var channel = java.nio.channels.FileChannel.open(file)) {
            NpyHeader header = NpyHeader.read(Files.newInputStream(file), "x");
            // Three samples of eight bytes fit one map.
            MappedArray array = MappedArray.of(channel, header, file, 25);
            assertThat(values(array.samples(0, 3))).containsExactly(0, 1, 2, 3, 4, 5);
            assertThat(values(array.samples(3, 5))).containsExactly(6, 7, 8, 9);
            assertThat(values(array.samples(2, 7))).containsExactly(4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
            assertThat(array.samples(4, 4).shape()).containsExactly(0L, 2L);
            refused(
                    () -> MappedArray.of(channel, header, file, 7),
                    "The file " + file
                            + " has samples of 8 bytes; one sample may have at most 7. Maybe the first dim does not count the"
                            + " samples.");
        }
    }

    @Test
    void anArrayThatChangesOrVanishesWhileItIsInUseIsSaid() throws IOException {
        Path file = folder.resolve("rows.npy");
        NpyFiles.write(file, Tensor.ofFloats(List.of(7L, 2L), new float[14]));
        SampleArray array = NpyFiles.open(file);
        array.samples(0, 7);
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            channel.truncate(100);
        }
        refused(
                () -> array.samples(0, 7),
                "The file '" + file + "' was changed while it is in use. Maybe run again on a copy of it.");
        Files.delete(file);
        refused(
                () -> array.samples(0, 7),
                "The file '" + file
                        + "' is gone although it is in use: there is no such file. Maybe run again on a copy of"
                        + " it.");
    }
}
