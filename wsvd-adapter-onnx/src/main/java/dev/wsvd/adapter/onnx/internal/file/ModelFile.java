package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.file.FileIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A model file, mapped into memory unless it is small: the weights it holds are not copied to the heap. The file must not be
 * changed while the model is in use.
 *
 * @param model the parsed and checked model
 * @param content the file's bytes
 * @param folder where its external data is
 */
public record ModelFile(ModelProto model, ByteString content, Path folder) {
    /** As protobuf's own limit and ONNX Runtime's: deeper files are refused. */
    private static final int MAX_NESTING = 100;

    /** Messages of all kinds, several for each node: bounds what parsing takes before it begins. */
    private static final long MOST_PARTS = 20_000_000;

    private static final int HEAD = 64;

    /**
     * Opens a model file.
     *
     * @throws InvalidInputException if there is no such file or it is not an ONNX model
     * @throws ModelFormatException if it is truncated, corrupt or hostile
     */
    public static ModelFile open(Path file) {
        if (!Files.exists(file)) {
            throw new InvalidInputException("There is no file '" + file + "'.");
        }
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException("'" + file + "' is not a file.");
        }
        if (!Files.isReadable(file)) {
            throw new InvalidInputException("'" + file + "' cannot be read: no permission.");
        }
        if (!looksLikeModel(file)) {
            throw notOnnx(file);
        }
        try {
            ByteString content = content(file);
            ModelProto model = parse(file, content);
            Path folder = dataFolder(file, model);
            new ModelValidator(file.toString(), new ExternalData(folder)).check(model);
            return new ModelFile(model, content, folder);
        } catch (OutOfMemoryError e) {
            // Only parsing allocates here, and what it allocated is unreachable by now.
            throw new ModelFormatException(
                    "'" + file + "' has too many parts to fit into the memory of this Java process. Maybe raise -Xmx.",
                    e);
        }
    }

    /** Where the file is or, if it is a link and not all data is beside that, where it leads. */
    private static Path dataFolder(Path file, ModelProto model) {
        Path here = file.toAbsolutePath().getParent();
        if (!Files.isSymbolicLink(file)) {
            return here;
        }
        ExternalData external = new ExternalData(here);
        try {
            ModelTensors.forEach(model, tensor -> {
                if (ExternalData.isExternal(tensor)) {
                    external.piece(tensor);
                }
            });
            return here;
        } catch (ModelFormatException e) {
            return FileIdentity.real(file).getParent();
        }
    }

    /**
     * Checks a model made in memory.
     *
     * @param name for the message
     * @throws ModelFormatException if it contradicts itself
     */
    public static void check(ModelProto model, String name) {
        new ModelValidator(name, new ExternalData(null)).check(model);
    }

    /**
     * Whether a file begins like an ONNX model: protobuf fields of {@code ModelProto}, and nothing else a model file could be
     * taken for. A cheap look at its first bytes.
     */
    public static boolean looksLikeModel(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = in.readNBytes(HEAD);
            return head.length > 1 && startsLikeModel(head);
        } catch (IOException | RuntimeException e) {
            return false;
        }
    }

    /** The fields of ModelProto are numbered 1 … 9, 14, 20 and 25; 1 and 5 are varints, the others have a length. */
    private static boolean startsLikeModel(byte[] head) {
        int field = (head[0] & 0xff) >>> 3;
        int wire = head[0] & 7;
        if (field == 1 || field == 5) {
            // No text and no archive begins with these bytes followed by a small version number.
            return wire == 0 && (field == 5 || head[1] < 100);
        }
        boolean hasLength = wire == 2 && (field >= 2 && field <= 8 || field == 14);
        return hasLength && !isText(head);
    }

    private static boolean isText(byte[] head) {
        for (byte b : head) {
            if (b >= 0 && b < 32 && b != '\t' && b != '\n' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    private static ByteString content(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE) {
                throw new ModelFormatException(String.format(
                        Locale.ROOT,
                        "'%s' has %,d bytes; an ONNX file has at most %,d. Maybe save the model with external data.",
                        file,
                        size,
                        Integer.MAX_VALUE));
            }
            return UnsafeByteOperations.unsafeWrap(FilePiece.read(channel, 0, size));
        } catch (IOException e) {
            throw new InvalidInputException("'" + file + "' cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static ModelProto parse(Path file, ByteString content) {
        checkParts(file, content);
        try {
            CodedInputStream in = content.newCodedInput();
            in.enableAliasing(true);
            in.setRecursionLimit(MAX_NESTING);
            in.setSizeLimit(Integer.MAX_VALUE);
            ModelProto model = ModelProto.parseFrom(in);
            if (!model.hasGraph()) {
                throw notOnnx(file);
            }
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new ModelFormatException(unparsable(file, "it is truncated or corrupt"), e);
        } catch (IOException e) {
            throw new ModelFormatException("'" + file + "' cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static void checkParts(Path file, ByteString content) {
        switch (WireCheck.of(content.asReadOnlyByteBuffer(), MAX_NESTING, MOST_PARTS)) {
            case SOUND -> {}
            case BROKEN -> throw new ModelFormatException(unparsable(file, "it is truncated or corrupt"));
            case NESTED_TOO_DEEP ->
                throw new ModelFormatException(
                        unparsable(file, "its parts are nested more than " + MAX_NESTING + " deep"));
            case TOO_MANY_PARTS ->
                throw new ModelFormatException(
                        unparsable(file, String.format(Locale.ROOT, "it has more than %,d parts", MOST_PARTS)));
        }
    }

    private static String unparsable(Path file, String why) {
        return "'" + file + "' cannot be read as an ONNX model: " + why + ".";
    }

    private static InvalidInputException notOnnx(Path file) {
        return new InvalidInputException("'" + file + "' is not an ONNX model.");
    }
}
