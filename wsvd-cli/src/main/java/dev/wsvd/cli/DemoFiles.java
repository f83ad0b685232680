package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Where a demo's files go. */
record DemoFiles(Path folder) {
    /**
     * Copies a resource, over what is there.
     *
     * @throws InvalidInputException if it cannot be written
     */
    Path unpack(URL resource, String name) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(folder);
            try (InputStream in = resource.openStream()) {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            }
            return file;
        } catch (IOException e) {
            throw new InvalidInputException(
                    "Cannot write the demo's files to '" + folder + "': " + e.getMessage()
                            + ". Maybe use --dir FOLDER.",
                    e);
        }
    }
}
