package dev.wsvd.site;

import java.nio.file.Path;
import java.util.Locale;

/**
 * A Markdown file and the page made of it.
 *
 * @param source the file, relative to the repository
 */
record Page(Path source) {
    private static final Path README = Path.of("README.md");

    /**
     * The name of the page: a folder's README.md has the name of the folder, that of the repository is the first page.
     */
    String file() {
        if (source.equals(README)) {
            return "index.html";
        }
        if (source.getFileName().equals(README)) {
            return source.getParent().getFileName() + ".html";
        }
        String name = source.getFileName().toString();
        return name.substring(0, name.length() - ".md".length()).toLowerCase(Locale.ROOT) + ".html";
    }
}
