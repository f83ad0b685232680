package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.FileVersion;
import dev.wsvd.domain.spi.CompressibleModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/** The files a command reads, which are mapped rather than read where they are large, so they must not change meanwhile. */
final class FilesInUse {
    private final List<FileVersion> files = new ArrayList<>();

    /** @param inputs data; those not given are null, and folders are not looked into */
    FilesInUse(List<Path> inputs) {
        inputs.stream().filter(Objects::nonNull).forEach(this::add);
    }

    /** Adds the files of a model. */
    void add(CompressibleModel<?> model) {
        model.files().forEach(this::add);
    }

    private void add(Path file) {
        if (Files.isRegularFile(file)) {
            files.add(FileVersion.of(file));
        }
    }

    /**
     * Does work whose result holds only if no file changes.
     *
     * @throws InvalidInputException if one did, whatever came of the work
     */
    <T> T during(Supplier<T> work) {
        T result;
        try {
            result = work.get();
        } catch (RuntimeException | InternalError e) {
            // A fault of memory that is a file's is an InternalError.
            requireUnchanged(e);
            throw e;
        }
        requireUnchanged();
        return result;
    }

    /**
     * Does work that counts only if no file changes.
     *
     * @throws InvalidInputException if one did, whatever came of the work
     */
    void during(Runnable work) {
        during(() -> {
            work.run();
            return null;
        });
    }

    private void requireUnchanged(Throwable failure) {
        try {
            requireUnchanged();
        } catch (InvalidInputException e) {
            e.addSuppressed(failure);
            throw e;
        }
    }

    private void requireUnchanged() {
        files.forEach(FileVersion::requireUnchanged);
    }
}
