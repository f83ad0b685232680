package com.example.tiny;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide for model formats shows what is compiled and tested here. */
class GuideTest {
    private static final Path GUIDE = Path.of("../docs/add-a-model-format.md");

    @Test
    void itsJavaIsTakenFromTheSources() throws IOException {
        String guide = Files.readString(GUIDE);
        List<String> shown = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(guide)
                .results()
                .map(block -> withoutSpace(block.group(1)))
                .toList();

        assertThat(shown)
                .hasSizeGreaterThan(10)
                .allSatisfy(code -> assertThat(sources()).anyMatch(source -> source.contains(code)));
    }

    @Test
    void itsLinksToSourcesLead() throws IOException {
        List<Path> linked = Pattern.compile("\\((\\.\\./wsvd-examples/[^)]*)\\)")
                .matcher(Files.readString(GUIDE))
                .results()
                .map(link -> GUIDE.resolveSibling(link.group(1)))
                .toList();

        assertThat(linked)
                .hasSizeGreaterThan(5)
                .allSatisfy(file -> assertThat(file).exists());
    }

    private static List<String> sources() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/java/com/example/tiny"))) {
            List<Path> all = files.toList();
            return all.stream().map(GuideTest::source).toList();
        }
    }

    private static String source(Path file) {
        try {
            return withoutSpace(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s+", "");
    }
}
