package dev.wsvd.site;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;

/** Makes links between Markdown files links between pages. What has no page, such as a source file, becomes text. */
final class Links {
    private final Map<Path, Page> pages;
    private final Set<Path> images = new TreeSet<>();

    Links(Map<Path, Page> pages) {
        this.pages = pages;
    }

    /** The images that were linked to, relative to the repository. */
    Set<Path> images() {
        return images;
    }

    void rewrite(Page page, Node document) {
        List<Link> withoutPage = new ArrayList<>();
        for (Link link : Markdown.links(document)) {
            String destination = link.getDestination();
            if (isExternal(destination) || destination.startsWith("#")) {
                continue;
            }
            Page target = pages.get(target(page.source(), destination));
            if (target == null) {
                withoutPage.add(link);
            } else {
                link.setDestination(target.file() + anchor(destination));
            }
        }
        withoutPage.forEach(Links::unlink);
        document.accept(new AbstractVisitor() {
            @Override
            public void visit(Image image) {
                Path file = target(page.source(), image.getDestination());
                images.add(file);
                image.setDestination(file.getFileName().toString());
            }
        });
    }

    /** What is wrong with the links of a Markdown file, relative to the repository: none if every one leads somewhere. */
    static List<String> broken(Path repository, Path source, Node document) throws IOException {
        List<String> broken = new ArrayList<>();
        for (Link link : Markdown.links(document)) {
            String destination = link.getDestination();
            if (isExternal(destination)) {
                continue;
            }
            Path target = destination.startsWith("#") ? source : target(source, destination);
            Path file = repository.resolve(target);
            String anchor = anchor(destination);
            if (!Files.exists(file)) {
                broken.add(source + ": no file " + destination);
            } else if (!anchor.isEmpty()
                    && !Markdown.html(Markdown.read(file)).contains("id=\"" + anchor.substring(1) + "\"")) {
                broken.add(source + ": no heading " + destination);
            }
        }
        return broken;
    }

    static boolean isExternal(String destination) {
        return destination.matches("[a-z]+:.*");
    }

    static Path target(Path source, String destination) {
        return source.resolveSibling(destination.replaceFirst("#.*", "")).normalize();
    }

    private static String anchor(String destination) {
        int hash = destination.indexOf('#');
        return hash < 0 ? "" : destination.substring(hash);
    }

    private static void unlink(Link link) {
        for (Node child = link.getFirstChild(); child != null; child = link.getFirstChild()) {
            link.insertBefore(child);
        }
        link.unlink();
    }
}
