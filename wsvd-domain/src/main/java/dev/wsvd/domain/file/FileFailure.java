package dev.wsvd.domain.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be read or written, in a few words. */
public final class FileFailure {
    private FileFailure() {}

    /** The reason alone, without the file's name and without a full stop. */
    public static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "no permission";
        }
        if (failure instanceof NoSuchFileException) {
            return "there is no such file";
        }
        String reason = failure instanceof FileSystemException e && e.getReason() != null
                ? e.getReason()
                : failure.getMessage();
        return reason == null ? failure.getClass().getSimpleName() : reason.replaceFirst("\\.$", "");
    }
}
