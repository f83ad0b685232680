package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers, texts and tensors between two processes, each after its length. What is read is not believed: no length is taken
 * that is beyond a limit.
 */
final class Wire {
    private static final int CHUNK = 1 << 16;
    private static final int LONGEST_TEXT = 1 << 20;
    private static final int MOST_DIMS = 1 << 10;
    private static final int MOST_ITEMS = 1 << 20;

    private final DataInputStream in;
    private final DataOutputStream out;
    private final long largest;
    private final byte[] chunk = new byte[CHUNK];
    private long left;

    /** @param largest how many bytes one message may have */
    Wire(InputStream in, OutputStream out, long largest) {
        this.in = new DataInputStream(new BufferedInputStream(in, CHUNK));
        this.out = new DataOutputStream(new BufferedOutputStream(out, CHUNK));
        this.largest = largest;
    }

    /**
     * The number that a message begins with.
     *
     * @throws java.io.EOFException if the other side has ended
     */
    int begin() throws IOException {
        left = largest;
        return in.readUnsignedByte();
    }

    void begin(int kind) throws IOException {
        out.writeByte(kind);
    }

    void end() throws IOException {
        out.flush();
    }

    int number() throws IOException {
        return in.readInt();
    }

    void number(int value) throws IOException {
        out.writeInt(value);
    }

    long wide() throws IOException {
        return in.readLong();
    }

    void wide(long value) throws IOException {
        out.writeLong(value);
    }

    /** How many items follow. */
    int count() throws IOException {
        return count(MOST_ITEMS);
    }

    String text() throws IOException {
        byte[] bytes = new byte[count(LONGEST_TEXT)];
        take(bytes.length);
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    void text(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    List<Long> dims() throws IOException {
        int count = count(MOST_DIMS);
        List<Long> dims = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            dims.add(in.readLong());
        }
        return dims;
    }

    void dims(List<Long> dims) throws IOException {
        out.writeInt(dims.size());
        for (long dim : dims) {
            out.writeLong(dim);
        }
    }

    /** Bytes in a direct buffer. */
    ByteBuffer bytes() throws IOException {
        int count = count(Integer.MAX_VALUE);
        take(count);
        ByteBuffer bytes = ByteBuffer.allocateDirect(count);
        while (bytes.hasRemaining()) {
            int piece = Math.min(CHUNK, bytes.remaining());
            in.readFully(chunk, 0, piece);
            bytes.put(chunk, 0, piece);
        }
        return bytes.rewind();
    }

    void bytes(ByteBuffer given) throws IOException {
        ByteBuffer bytes = given.duplicate();
        out.writeInt(bytes.remaining());
        while (bytes.hasRemaining()) {
            int piece = Math.min(CHUNK, bytes.remaining());
            bytes.get(chunk, 0, piece);
            out.write(chunk, 0, piece);
        }
    }

    Map<String, Tensor> tensors() throws IOException {
        int count = count();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            tensors.put(text(), tensor());
        }
        return tensors;
    }

    void tensors(Map<String, Tensor> tensors) throws IOException {
        out.writeInt(tensors.size());
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            text(tensor.getKey());
            out.writeByte(tensor.getValue().type().ordinal());
            dims(tensor.getValue().shape());
            bytes(tensor.getValue().data());
        }
    }

    private Tensor tensor() throws IOException {
        int type = in.readUnsignedByte();
        List<Long> dims = dims();
        ByteBuffer bytes = bytes();
        if (type >= ElementType.values().length || !fits(dims, ElementType.values()[type], bytes)) {
            throw new ProtocolException("A tensor's type, dims and bytes do not agree.");
        }
        return new Tensor(ElementType.values()[type], dims, bytes);
    }

    private static boolean fits(List<Long> dims, ElementType type, ByteBuffer bytes) {
        long size = type.bytes();
        for (long dim : dims) {
            if (dim < 0 || Math.multiplyHigh(size, dim) != 0 || size * dim < 0) {
                return false;
            }
            size *= dim;
        }
        return size == bytes.remaining();
    }

    private int count(int most) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > most) {
            throw new ProtocolException("A length of " + count + ".");
        }
        return count;
    }

    private void take(long bytes) throws IOException {
        left -= bytes;
        if (left < 0) {
            throw new ProtocolException("A message of more than " + largest + " bytes.");
        }
    }
}
