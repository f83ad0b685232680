package dev.wsvd.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The documentation reads on a code host and as a site, and its links lead somewhere in both. */
class SiteTest {
    private static final Path ROOT = Path.of("..");

    @TempDir
    Path folder;

    @BeforeEach
    void theJavadocIsThere() throws IOException {
        Files.createDirectories(folder.resolve("apidocs"));
        Files.createFile(folder.resolve("apidocs/index.html"));
    }

    @Test
    void linksOfTheMarkdownLeadToFilesAndHeadings() throws IOException {
        List<Path> sources = new ArrayList<>(Site.of(ROOT).sources());
        sources.add(Path.of("docs", "README.md"));
        List<String> broken = new ArrayList<>();
        for (Path source : sources) {
            broken.addAll(Links.broken(ROOT, source, Markdown.read(ROOT.resolve(source))));
        }

        assertThat(broken).isEmpty();
    }

    @Test
    void theNavigationKnowsEveryPageOfTheDocs() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
            assertThat(Site.of(ROOT).sources())
                    .containsAll(files.filter(file -> file.toString().endsWith(".md"))
                            .map(ROOT::relativize)
                            .filter(file -> !file.endsWith("README.md"))
                            .toList());
        }
    }

    @Test
    void linksOfTheSiteLeadToPagesAndHeadingsAndNothingIsLoadedFromElsewhere() throws IOException {
        Site.main(new String[] {ROOT.toString(), folder.toString()});

        WrittenPages pages = new WrittenPages(folder);
        assertThat(pages.files()).hasSameSizeAs(Site.of(ROOT).sources());
        assertThat(pages.broken()).isEmpty();
        assertThat(folder.resolve("style.css")).content().doesNotContain("url(", "@import");
    }

    @Test
    void whatHasNoPageIsTextAndWhatHasOneIsLinked() throws IOException {
        Site.main(new String[] {ROOT.toString(), folder.toString()});

        assertThat(folder.resolve("index.html"))
                .content()
                .contains("<a href=\"results.html\">results</a>", "<img src=\"report.png\"")
                .doesNotContain(".md\"", "href=\"LICENSE\"");
        assertThat(folder.resolve("report.png")).exists();
    }

    @Test
    void figuresBesideOnnxRuntimesQuantizerAreThoseOfTheResults() throws IOException {
        List<String> rows = Files.readAllLines(ROOT.resolve("docs/coming-from-onnxruntime-quantiser.md")).stream()
                .filter(line -> line.matches("\\| .* \\| (as it is|int8 by .*) \\|.*"))
                .toList();

        assertThat(rows).hasSize(12);
        assertThat(Files.readAllLines(ROOT.resolve("docs/results.md"))).containsAll(rows);
    }

    @Test
    void aPageAndALinkThatLeadNowhereEndTheBuild() throws IOException {
        Path repository =
                Files.createDirectories(folder.resolve("repository/docs")).getParent();
        Files.writeString(repository.resolve("docs/README.md"), "# D\n\n## S\n- [P](p.md)\n");
        Files.writeString(repository.resolve("docs/p.md"), "# P\n\n[here](#p), [there](#q), [source](../P.java)\n");
        Files.createFile(repository.resolve("P.java"));
        String[] args = {repository.toString(), folder.resolve("site").toString()};

        assertThatThrownBy(() -> Site.main(args)).hasMessage("""
                        Links that lead nowhere:
                        p.html: index.html
                        p.html: apidocs/index.html
                        p.html: #q""");
        assertThat(Links.broken(repository, Path.of("docs/p.md"), Markdown.read(repository.resolve("docs/p.md"))))
                .containsExactly("docs/p.md: no heading #q");
    }
}
