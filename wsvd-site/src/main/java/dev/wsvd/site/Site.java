package dev.wsvd.site;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import org.commonmark.node.BulletList;
import org.commonmark.node.Heading;
import org.commonmark.node.Link;
import org.commonmark.node.Node;

/** The site: what {@code docs/README.md} links to, as pages, with that file's headings and links as the navigation. */
final class Site {
    private static final Path INDEX = Path.of("docs", "README.md");
    private static final String JAVADOC = "apidocs/index.html";

    private final Path repository;
    private final Map<Path, Page> pages = new LinkedHashMap<>();
    private final String navigation;
    private final String template;

    private Site(Path repository) throws IOException {
        this.repository = repository;
        Node index = Markdown.read(repository.resolve(INDEX));
        for (Link link : Markdown.links(index)) {
            Path source = Links.target(INDEX, link.getDestination());
            pages.put(source, new Page(source));
        }
        navigation = navigation(index);
        template = new String(resource("page.html"), StandardCharsets.UTF_8);
    }

    static Site of(Path repository) throws IOException {
        return new Site(repository);
    }

    /** The Markdown files that become pages, relative to the repository. */
    List<Path> sources() {
        return List.copyOf(pages.keySet());
    }

    /** Writes the repository's documentation to a folder. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[1]);
        of(Path.of(args[0])).write(folder);
        List<String> broken = new WrittenPages(folder).broken();
        if (!broken.isEmpty()) {
            throw new IOException("Links that lead nowhere:\n" + String.join("\n", broken));
        }
    }

    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Links links = new Links(pages);
        for (Page page : pages.values()) {
            Node document = Markdown.read(repository.resolve(page.source()));
            links.rewrite(page, document);
            Files.writeString(folder.resolve(page.file()), html(page, document));
        }
        for (Path image : links.images()) {
            Files.copy(
                    repository.resolve(image),
                    folder.resolve(image.getFileName()),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        Files.write(folder.resolve("style.css"), resource("style.css"));
    }

    private String html(Page page, Node document) {
        List<Heading> headings = Markdown.headings(document);
        return template.replace("{title}", Html.escaped(Markdown.text(headings.get(0))))
                .replace(
                        "{navigation}",
                        navigation.replace(
                                "href=\"" + page.file() + "\"", "href=\"" + page.file() + "\" aria-current=\"page\""))
                .replace(
                        "{body}",
                        Markdown.html(document)
                                .replaceFirst("</h1>\n", "$0" + Matcher.quoteReplacement(contents(headings))));
    }

    private String navigation(Node index) {
        new Links(pages).rewrite(new Page(INDEX), index);
        StringBuilder html = new StringBuilder();
        for (Node node = index.getFirstChild(); node != null; node = node.getNext()) {
            if (node instanceof Heading heading && heading.getLevel() == 2) {
                html.append("<p>").append(Html.escaped(Markdown.text(heading))).append("</p>\n");
            } else if (node instanceof BulletList list) {
                html.append("<ul>\n");
                Markdown.links(list).forEach(link -> html.append(item(link.getDestination(), Markdown.text(link))));
                html.append("</ul>\n");
            }
        }
        return html.append("<ul>\n")
                .append(item(JAVADOC, "Javadoc"))
                .append("</ul>\n")
                .toString();
    }

    /** The sections of a page that has several. */
    private static String contents(List<Heading> headings) {
        List<Heading> sections =
                headings.stream().filter(heading -> heading.getLevel() == 2).toList();
        if (sections.size() < 4) {
            return "";
        }
        return sections.stream()
                .map(section -> item("#" + Html.id(Markdown.html(section)), Markdown.text(section)))
                .collect(Collectors.joining(
                        "", "<details><summary>On this page</summary>\n<ul>\n", "</ul></details>\n"));
    }

    private static String item(String destination, String text) {
        return "<li><a href=\"" + destination + "\">" + Html.escaped(text) + "</a></li>\n";
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Site.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }
}
