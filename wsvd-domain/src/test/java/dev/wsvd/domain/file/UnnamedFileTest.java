package dev.wsvd.domain.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class UnnamedFileTest {
    private static ByteBuffer bytes(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length);
        for (int value : values) {
            bytes.put((byte) value);
        }
        return bytes.flip();
    }

    private static ByteBuffer read(UnnamedFile file, long position, int count) {
        ByteBuffer into = ByteBuffer.allocate(count);
        file.read(position, into);
        return into.flip();
    }

    private static long leftovers() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().endsWith(".unnamed"))
                    .count();
        }
    }

    @Test
    void whatIsAppendedIsReadFromItsPosition() throws IOException {
        try (UnnamedFile file = new UnnamedFile()) {
            assertThat(file.append(bytes(1, 2))).isZero();
            assertThat(file.append(bytes(3, 4, 5))).isEqualTo(2);

            assertThat(read(file, 2, 3)).isEqualTo(bytes(3, 4, 5));
            assertThat(read(file, 0, 5)).isEqualTo(bytes(1, 2, 3, 4, 5));
        }
    }

    @Test
    void hasNoNameWhileItIsUsed() throws IOException {
        long before = leftovers();
        try (UnnamedFile file = new UnnamedFile()) {
            file.append(bytes(1));

            // So that a process that is killed leaves none.
            assertThat(leftovers()).isEqualTo(before);
        }
        assertThat(leftovers()).isEqualTo(before);
    }

    @Test
    void whatIsMappedOutlivesTheFile() throws IOException {
        ByteBuffer mapped;
        try (UnnamedFile file = new UnnamedFile()) {
            file.append(bytes(1, 2));
            file.append(bytes(3, 4, 5));
            mapped = file.map(1, 3);
        }

        assertThat(mapped).isEqualTo(bytes(2, 3, 4));
    }

    /** More than is written at once. */
    @Test
    void muchIsAppendedWhole() throws IOException {
        byte[] much = new byte[(5 << 19) + 3];
        new Random(1).nextBytes(much);
        try (UnnamedFile file = new UnnamedFile()) {
            ByteBuffer data = ByteBuffer.wrap(much);
            file.append(data);

            assertThat(data.hasRemaining()).isFalse();
            assertThat(read(file, 0, much.length)).isEqualTo(ByteBuffer.wrap(much));
        }
    }

    @Test
    void whatHasNoRoomChangesNothing() throws IOException {
        try (UnnamedFile file = new UnnamedFile(3)) {
            file.append(bytes(1, 2));

            assertThatThrownBy(() -> file.append(bytes(3, 4)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("there is no room for more");

            assertThat(file.append(bytes(5))).isEqualTo(2);
            assertThat(read(file, 0, 3)).isEqualTo(bytes(1, 2, 5));
        }
    }

    @Test
    void whatIsNotInItCannotBeRead() throws IOException {
        try (UnnamedFile file = new UnnamedFile()) {
            file.append(bytes(1, 2));

            assertThatThrownBy(() -> read(file, 1, 2))
                    .isInstanceOf(WsvdException.class)
                    .hasMessage("A temporary file cannot be read: it has become shorter.");
        }
    }

    @Test
    void isNotWrittenToAgainOnceItIsClosed() throws IOException {
        UnnamedFile file = new UnnamedFile();
        file.append(bytes(1));
        file.close();

        ByteBuffer much = ByteBuffer.allocate((1 << 20) + 1);
        assertThatThrownBy(() -> file.append(much)).isInstanceOf(IOException.class);
        assertThat(much.remaining()).isEqualTo((1 << 20) + 1);
        assertThatThrownBy(() -> read(file, 0, 1))
                .isInstanceOf(WsvdException.class)
                .hasMessage("A temporary file cannot be read: ClosedChannelException.");
        assertThatCode(file::close).doesNotThrowAnyException();
    }
}
