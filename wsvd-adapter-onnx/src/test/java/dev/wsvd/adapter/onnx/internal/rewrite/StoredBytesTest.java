package dev.wsvd.adapter.onnx.internal.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class StoredBytesTest {
    private static ByteBuffer bytes(int first) {
        return ByteBuffer.wrap(new byte[] {(byte) first, 2, 3});
    }

    @Test
    void whatIsBeyondTheBoundIsMappedAndStaysReadable() {
        ByteBuffer small = bytes(1);
        ByteBuffer kept;
        ByteBuffer beyond;
        try (StoredBytes stored = new StoredBytes(4, 3)) {
            kept = stored.kept(small);
            beyond = stored.kept(bytes(7));
        }

        assertThat(kept).isSameAs(small);
        assertThat(beyond.isDirect()).isTrue();
        assertThat(beyond).isEqualTo(bytes(7));
    }

    /** There is a limit to how many a process may map. */
    @Test
    void whatIsSmallStaysInMemory() {
        ByteBuffer small = bytes(1);
        try (StoredBytes stored = new StoredBytes(0, 4)) {
            assertThat(stored.kept(small)).isSameAs(small);
        }
    }
}
