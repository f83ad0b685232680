package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Whether every part of a serialized model lies within the part that holds it. Protobuf's decoder for mapped files takes that
 * for granted where sizes overflow, and would read whatever lies behind the file. Contents are skipped: a look at a file
 * costs no more than its parts are many, however large its weights.
 */
final class WireCheck {
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH = 2;
    private static final int FIXED32 = 5;
    private static final int LONGEST_VARINT = 10;

    /** What a file is, as far as it goes. */
    enum Verdict {
        SOUND,
        /** A part ends behind the part that holds it, or is no part at all. */
        BROKEN,
        NESTED_TOO_DEEP,
        TOO_MANY_PARTS
    }

    private final ByteBuffer bytes;
    private final int deepest;
    private final long mostParts;
    /** By message type and field number: the type of a field that is a message; absent for all else. */
    private final Map<Descriptor, Map<Integer, Descriptor>> messages = new HashMap<>();

    private long parts;
    private int at;

    private WireCheck(ByteBuffer bytes, int deepest, long mostParts) {
        this.bytes = bytes;
        this.deepest = deepest;
        this.mostParts = mostParts;
    }

    /**
     * Checks a serialized model.
     *
     * @param bytes all of them, from position 0
     * @param deepest how deep messages may be nested
     * @param mostParts how many messages there may be in all
     */
    static Verdict of(ByteBuffer bytes, int deepest, long mostParts) {
        return new WireCheck(bytes, deepest, mostParts).message(ModelProto.getDescriptor(), bytes.limit(), 0);
    }

    private Verdict message(Descriptor type, int end, int depth) {
        if (depth > deepest) {
            return Verdict.NESTED_TOO_DEEP;
        }
        if (++parts > mostParts) {
            return Verdict.TOO_MANY_PARTS;
        }
        Map<Integer, Descriptor> inner = messages.computeIfAbsent(type, WireCheck::messagesOf);
        while (at < end) {
            long tag = varint(end);
            if (tag < 0 || tag > 0xffffffffL || tag >>> 3 == 0) {
                return Verdict.BROKEN;
            }
            Verdict found = field(inner.get((int) (tag >>> 3)), (int) tag & 7, end, depth);
            if (found != Verdict.SOUND) {
                return found;
            }
        }
        return Verdict.SOUND;
    }

    private Verdict field(Descriptor message, int wire, int end, int depth) {
        if (wire == VARINT) {
            int before = at;
            varint(end);
            return at > before ? Verdict.SOUND : Verdict.BROKEN;
        }
        long length =
                switch (wire) {
                    case FIXED64 -> Long.BYTES;
                    case FIXED32 -> Integer.BYTES;
                    case LENGTH -> varint(end);
                    // Groups, which ONNX never had.
                    default -> -1;
                };
        if (length < 0 || length > end - at) {
            return Verdict.BROKEN;
        }
        if (wire == LENGTH && message != null) {
            return message(message, at + (int) length, depth + 1);
        }
        at += (int) length;
        return Verdict.SOUND;
    }

    /** The next number; where it does not end within ten bytes or the part, −1 and nothing is read. */
    private long varint(int end) {
        long value = 0;
        int limit = at + Math.min(end - at, LONGEST_VARINT);
        for (int next = at; next < limit; next++) {
            byte b = bytes.get(next);
            value |= (long) (b & 0x7f) << (7 * (next - at));
            if (b >= 0) {
                at = next + 1;
                return value;
            }
        }
        return -1;
    }

    private static Map<Integer, Descriptor> messagesOf(Descriptor type) {
        Map<Integer, Descriptor> found = new HashMap<>();
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                found.put(field.getNumber(), field.getMessageType());
            }
        }
        return found;
    }
}
