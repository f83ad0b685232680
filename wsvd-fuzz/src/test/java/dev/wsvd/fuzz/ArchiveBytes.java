package dev.wsvd.fuzz;

import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.NpyFiles;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * An archive as plain bytes, so that mutations meet what is in it: entry by entry the length of the name (one byte), the name,
 * the length of the content (two bytes) and the content. Checksums and offsets, where a mutation would only be refused, are made
 * right afterwards.
 */
final class ArchiveBytes {
    private static final InputFile WRITTEN = new InputFile("seed.npz");

    private ArchiveBytes() {}

    /** The bytes of a {@code .npz} file that holds these arrays. */
    static byte[] of(Map<String, Supplier<Tensor>> arrays) {
        Path file = WRITTEN.with(new byte[0]);
        NpyFiles.writeNpz(file, arrays);
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try (ZipFile zip = new ZipFile(file.toFile());
                DataOutputStream out = new DataOutputStream(plain)) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                byte[] name = entry.getName().getBytes(StandardCharsets.UTF_8);
                out.writeByte(name.length);
                out.write(name);
                try (InputStream in = zip.getInputStream(entry)) {
                    byte[] content = in.readAllBytes();
                    out.writeShort(content.length);
                    out.write(content);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return plain.toByteArray();
    }

    /** The archive that plain bytes stand for; of two entries with one name the first counts. */
    static byte[] archive(byte[] plain) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer in = ByteBuffer.wrap(plain);
        Set<String> names = new HashSet<>();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            while (in.hasRemaining()) {
                String name = new String(next(in, in.get() & 0xff), StandardCharsets.UTF_8);
                byte[] content = next(in, in.remaining() < 2 ? 0 : in.getShort() & 0xffff);
                if (names.add(name)) {
                    zip.putNextEntry(new ZipEntry(name));
                    zip.write(content);
                    zip.closeEntry();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] next(ByteBuffer in, int length) {
        byte[] part = new byte[Math.min(length, in.remaining())];
        in.get(part);
        return part;
    }
}
