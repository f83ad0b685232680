package dev.wsvd.spark;

import dev.wsvd.domain.error.WsvdException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;

/** What tells things from others that executors have, in hexadecimal digits. */
final class Digests {
    private Digests() {}

    /** Of all that a factory holds. */
    static String of(CompressorFactory<?> factory) {
        try {
            return text(sha256().digest(Answer.bytes(factory)));
        } catch (IOException e) {
            throw new WsvdException("The factory of compressors cannot be sent to executors: " + e + ".", e);
        }
    }

    /** Of a file's content. */
    static String of(Path file) throws IOException {
        try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), sha256())) {
            in.transferTo(OutputStream.nullOutputStream());
            return text(in.getMessageDigest().digest());
        }
    }

    /** Of several digests in their order. */
    static String of(Collection<String> several) {
        MessageDigest digest = sha256();
        several.forEach(one -> digest.update(one.getBytes(StandardCharsets.UTF_8)));
        return text(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }

    private static String text(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }
}
