package dev.wsvd.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pages of a folder, as a browser would load them from there. */
final class WrittenPages {
    private static final Pattern LINK = Pattern.compile("<(\\w+)[^>]* (?:href|src)=\"([^\"]*)\"");

    private final Path folder;

    WrittenPages(Path folder) {
        this.folder = folder;
    }

    /** Every link to a file or heading that is missing, and everything that a page would load from elsewhere. */
    List<String> broken() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : files()) {
            String html = Files.readString(page);
            for (MatchResult link : LINK.matcher(html).results().toList()) {
                String destination = link.group(2);
                boolean followedByReader = link.group(1).equals("a");
                if (!(followedByReader && Links.isExternal(destination)) && !leads(page, destination)) {
                    broken.add(page.getFileName() + ": " + destination);
                }
            }
        }
        return broken;
    }

    List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".html"))
                    .sorted()
                    .toList();
        }
    }

    private boolean leads(Path page, String destination) throws IOException {
        if (Links.isExternal(destination)) {
            return false;
        }
        String[] parts = destination.split("#", 2);
        Path file = parts[0].isEmpty() ? page : folder.resolve(parts[0]);
        return Files.isRegularFile(file)
                && (parts.length < 2 || Files.readString(file).contains(" id=\"" + parts[1] + "\""));
    }
}
