package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a {@code .npy} array begins.
 *
 * @param type element type
 * @param bigEndian whether elements of several bytes begin with the highest
 * @param fortran whether the first dim varies fastest
 * @param shape all dims
 * @param bytes length of the header; the elements follow
 */
record NpyHeader(ElementType type, boolean bigEndian, boolean fortran, List<Long> shape, int bytes) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** A header of a plain array has about a hundred bytes. */
    private static final int LONGEST = 1 << 16;

    private static final int MOST_DIMS = 64;
    /** What an array without elements may have in bytes but for its dims of zero: no file bounds them. */
    private static final long MOST_IN_EMPTY = 1L << 24;

    private static final Map<String, ElementType> TYPES = Map.ofEntries(
            Map.entry("f2", ElementType.FLOAT16),
            Map.entry("f4", ElementType.FLOAT32),
            Map.entry("f8", ElementType.FLOAT64),
            Map.entry("i1", ElementType.INT8),
            Map.entry("i2", ElementType.INT16),
            Map.entry("i4", ElementType.INT32),
            Map.entry("i8", ElementType.INT64),
            Map.entry("u1", ElementType.UINT8),
            Map.entry("u2", ElementType.UINT16),
            Map.entry("u4", ElementType.UINT32),
            Map.entry("u8", ElementType.UINT64),
            Map.entry("b1", ElementType.BOOL));

    /**
     * Reads a header; the stream is then at the first element.
     *
     * @param where how messages name the array
     * @throws InvalidInputException if there is none or the array is of a kind that is not numbers
     */
    static NpyHeader read(InputStream in, String where) throws IOException {
        byte[] begin = in.readNBytes(8);
        if (begin.length < 8 || !Arrays.equals(begin, 0, 6, MAGIC, 0, 6)) {
            throw new InvalidInputException(where + " is not a .npy array: it does not begin with NumPy's signature.");
        }
        int major = begin[6] & 0xff;
        if (major < 1 || major > 3) {
            throw new InvalidInputException(
                    where + " is a .npy array of version " + major + "; versions 1 to 3 can be read.");
        }
        int sizeBytes = major == 1 ? 2 : 4;
        ByteBuffer size = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        byte[] sizeRead = in.readNBytes(sizeBytes);
        size.put(sizeRead);
        long length = Integer.toUnsignedLong(size.getInt(0));
        if (sizeRead.length < sizeBytes || length > LONGEST) {
            throw new InvalidInputException(
                    where + " is damaged: its header claims " + length + " bytes; at most " + LONGEST + " are read.");
        }
        byte[] text = in.readNBytes((int) length);
        if (text.length < length) {
            throw new InvalidInputException(where + " is cut off within its header.");
        }
        String header = new String(text, major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        return of(PythonLiteral.dict(header, where), 8 + sizeBytes + text.length, where);
    }

    private static NpyHeader of(Map<String, Object> fields, int bytes, String where) {
        Object descr = fields.get("descr");
        if (!(fields.get("fortran_order") instanceof Boolean fortran)
                || !(fields.get("shape") instanceof List<?> dims)
                || descr == null) {
            throw PythonLiteral.malformed(where);
        }
        if (!(descr instanceof String kind)) {
            throw new InvalidInputException(
                    where + " holds records of several fields; only plain numbers can be read.");
        }
        ElementType type =
                kind.length() == 3 && "<>|".indexOf(kind.charAt(0)) >= 0 ? TYPES.get(kind.substring(1)) : null;
        if (type == null) {
            throw unreadable(kind, where);
        }
        return new NpyHeader(type, kind.charAt(0) == '>', fortran, shape(dims, type, where), bytes);
    }

    private static InvalidInputException unreadable(String kind, String where) {
        if (kind.contains("O")) {
            return new InvalidInputException(where + " holds Python objects, which are never loaded."
                    + " Maybe its rows differ in length; save an array of numbers.");
        }
        return new InvalidInputException(
                where + " holds elements of type '" + kind + "'; allowed: bool, float16, float32,"
                        + " float64, and signed and unsigned integers of 8 to 64 bits.");
    }

    private static List<Long> shape(List<?> dims, ElementType type, String where) {
        if (dims.size() > MOST_DIMS) {
            throw new InvalidInputException(
                    where + " claims " + dims.size() + " dims; at most " + MOST_DIMS + " are read.");
        }
        List<Long> shape = new ArrayList<>();
        for (Object dim : dims) {
            if (!(dim instanceof Long size) || size < 0) {
                throw new InvalidInputException(
                        where + " claims the shape " + text(dims) + "; no dim may be negative.");
            }
            shape.add(size);
        }
        requireCountable(shape, type, where);
        return shape;
    }

    /** Refuses what would overflow, also behind a zero dim. */
    private static void requireCountable(List<Long> shape, ElementType type, String where) {
        long bytes = type.bytes();
        for (long dim : shape) {
            if (dim > Long.MAX_VALUE / bytes) {
                throw new InvalidInputException(
                        where + " claims the shape " + text(shape) + ", more than any file can hold.");
            }
            bytes *= Math.max(1, dim);
        }
        if (shape.contains(0L) && bytes > MOST_IN_EMPTY) {
            throw new InvalidInputException(where + " claims the shape " + text(shape) + ", but holds nothing.");
        }
    }

    private static String text(List<?> dims) {
        return dims.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
    }

    /** Number of bytes that all elements take. */
    long elementBytes() {
        return shape.stream().reduce((long) type.bytes(), Math::multiplyExact);
    }

    /** Whether elements in the file are as they are in memory. */
    boolean asInMemory() {
        boolean swapped = bigEndian && type.bytes() > 1;
        boolean transposed = fortran && shape.stream().filter(d -> d != 1).count() > 1;
        return !swapped && !transposed;
    }

    /** The header of an array, little-endian and in C order, as NumPy writes it. */
    static byte[] write(ElementType type, List<Long> shape) {
        String kind = TYPES.entrySet().stream()
                .filter(e -> e.getValue() == type)
                .findFirst()
                .orElseThrow()
                .getKey();
        String dims = shape.stream().map(String::valueOf).collect(Collectors.joining(", "));
        String dict = "{'descr': '" + (type.bytes() == 1 ? '|' : '<') + kind + "', 'fortran_order': False, 'shape': ("
                + dims + (shape.size() == 1 ? ",), }" : "), }");
        int padded = (10 + dict.length() + 1 + 63) / 64 * 64;
        ByteBuffer header = ByteBuffer.allocate(padded).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (padded - 10));
        header.put(dict.getBytes(StandardCharsets.ISO_8859_1));
        while (header.remaining() > 1) {
            header.put((byte) ' ');
        }
        return header.put((byte) '\n').array();
    }
}
