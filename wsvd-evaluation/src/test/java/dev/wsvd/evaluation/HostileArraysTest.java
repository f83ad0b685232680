package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are damaged, or made to do damage. */
class HostileArraysTest {
    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void name() {
        file = folder.resolve("x.npy");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            (2, 2)   | is damaged or cut off: its shape [2, 2] of float32 needs 16 bytes, found 12.
            (2,)     | is damaged or cut off: its shape [2] of float32 needs 8 bytes, found 12.
            (-3, -1) | claims the shape [-3, -1]; no dim may be negative.
            (3, 0, -1) | claims the shape [3, 0, -1]; no dim may be negative.
            (9223372036854775807,) | claims the shape [9223372036854775807], more than any file can hold.
            (0, 4294967296, 4294967296) | claims the shape [0, 4294967296, 4294967296], more than any file can hold.
            (0, 1099511627776) | claims the shape [0, 1099511627776], but holds nothing.
            (2147483647, 0) | claims the shape [2147483647, 0], but holds nothing.
            (0, 3, 1000000000, 224) | claims the shape [0, 3, 1000000000, 224], but holds nothing.
            (1000000000000,) | is damaged or cut off: its shape [1000000000000] of float32 needs 4000000000000 bytes, found 12.
            (3.0,)   | is damaged: its header is not one that NumPy writes.
            ('3',)   | claims the shape [3]; no dim may be negative.
            (99999999999999999999,) | is damaged: its header is not one that NumPy writes.
            3        | is damaged: its header is not one that NumPy writes.
            ((((((((((((3)))))))))))) | is damaged: its header is not one that NumPy writes.
            """)
    void aShapeMustFitTheBytes(String shape, String message) {
        write("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }", 12);
        refused(() -> NpyFiles.read(file), "The file " + file + " " + message);
        refused(() -> ArrayDataset.load(file), "The file " + file + " " + message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"'|u1', 'fortran_order': False", "'<f4', 'fortran_order': True", "'>i8', 'fortran_order': True"})
    void anArrayOfNothingIsRefusedBeforeItsDimsAreCounted(String kind) {
        for (String shape : new String[] {"(2147483647, 0)", "(0, 1099511627776)", "(4294967296, 0)"}) {
            write("{'descr': " + kind + ", 'shape': " + shape + ", }", 0);
            String message = "The file " + file + " claims the shape "
                    + shape.replace('(', '[').replace(')', ']') + ", but holds nothing.";
            refused(() -> NpyFiles.read(file), message);
            refused(() -> ArrayDataset.load(file), message);
            refused(() -> ArrayDataset.load(Fixtures.file("f4.npy"), file), message);
        }
    }

    @Test
    void moreDimsThanAnyArrayHasAreRefused() {
        write("{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1, ".repeat(65) + "), }", 4);
        refused(() -> NpyFiles.read(file), "The file " + file + " claims 65 dims; at most 64 are read.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{}",
                "{'descr': '<f4'}",
                "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}",
                "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x",
                "{'descr': '<f4' 'fortran_order': False, 'shape': (3,)}",
                "{'descr': '<f4, 'fortran_order': False, 'shape': (3,)}",
                "__import__('os').system('true')"
            })
    void aHeaderThatIsNotNumpysIsRefused(String header) {
        write(header, 12);
        refused(
                () -> NpyFiles.read(file),
                "The file " + file + " is damaged: its header is not one that NumPy writes.");
    }

    @Test
    void aHeaderThatClaimsTooMuchIsRefused() throws IOException {
        Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, -1, -1, -1, -1, '{'});
        refused(
                () -> NpyFiles.read(file),
                "The file " + file + " is damaged: its header claims 4294967295 bytes; at most 65536 are read.");
        Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 100, 0, '{'});
        refused(() -> NpyFiles.read(file), "The file " + file + " is cut off within its header.");
        Files.write(file, new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 4, 0, 1, 0, '{'});
        refused(
                () -> NpyFiles.read(file),
                "The file " + file + " is a .npy array of version 4; versions 1 to 3 can be read.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"f4.npy", "big-f4.npy", "fortran.npy", "version3.npy", "stored.npz", "deflated.npz"})
    void aFileCutOffAnywhereIsRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.file(name));
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> ArrayDataset.load(file))
                    .as("%s cut to %d bytes", name, length)
                    .isExactlyInstanceOf(InvalidInputException.class)
                    .hasMessageContaining(file.toString());
        }
    }

    /** Any byte changed: an array or a refusal, never another failure. */
    @ParameterizedTest
    @ValueSource(strings = {"f4.npy", "version2.npy", "stored.npz", "deflated.npz"})
    void aChangedByteIsReadOrRefused(String name) throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.file(name));
        Random random = new Random(7);
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= (byte) (1 + random.nextInt(255));
            Files.write(file, changed);
            try {
                ArrayDataset.load(file).sha256();
            } catch (InvalidInputException expected) {
                org.assertj.core.api.Assertions.assertThat(expected).hasMessageContaining(file.toString());
            }
        }
    }

    @Test
    void aChangedElementInAnArchiveIsRefusedByItsChecksum() throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.file("stored.npz"));
        // The first array is 'b', 64-bit integers 1 and 2, stored as they are.
        int at = new String(whole, StandardCharsets.ISO_8859_1).indexOf("\n\1\0\0\0\0\0\0\0\2") + 1;
        whole[at] = 3;
        Files.write(file, whole);
        refused(
                () -> NpyFiles.readNpz(file),
                "Array 'b' of the file " + file + " is damaged: its checksum does not fit its bytes.");
    }

    @Test
    void anArchiveOfOtherFilesIsRefused() throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("../evil.sh"));
            zip.write(1);
        }
        refused(
                () -> NpyFiles.readNpz(file),
                "The file " + file + " holds '../evil.sh'; only .npy arrays are allowed in a .npz file.");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.setComment("empty");
        }
        refused(() -> NpyFiles.readNpz(file), "The file " + file + " holds no arrays.");
    }

    @Test
    void anArchiveThatClaimsMoreThanItCanHoldIsRefusedBeforeAnythingIsAllocated() throws IOException {
        byte[] array = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1500000000,), }", 0);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("x.npy"));
            zip.write(array);
        }
        byte[] bytes = Files.readAllBytes(file);
        int central = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("PK\1\2");
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(central + 24, 1_500_000_000 + array.length);
        Files.write(file, bytes);
        refused(
                () -> NpyFiles.readNpz(file),
                "The file " + file + " is damaged: its arrays claim more bytes than a file of " + bytes.length
                        + " can hold.");
    }

    @Test
    void anArrayInAnArchiveMustFitItsEntry() throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("x.npy"));
            zip.write(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1500000000,), }", 12));
        }
        refused(
                () -> NpyFiles.readNpz(file),
                "Array 'x' of the file " + file + " is damaged or cut off: its shape [1500000000] of float32 needs"
                        + " 6000000000 bytes, found 12.");
    }

    private void write(String header, int elementBytes) {
        try {
            Files.write(file, npy(header, elementBytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] npy(String header, int elementBytes) {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes = ByteBuffer.allocate(10 + text.length + elementBytes).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) text.length);
        return bytes.put(text).array();
    }
}
