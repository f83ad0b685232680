package com.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The guides show what is compiled and tested here. */
class GuideTest {
    @ParameterizedTest
    @CsvSource({"add-a-model-format.md, 11", "add-a-backend.md, 3"})
    void theirJavaIsTakenFromTheSources(String guide, int blocks) throws IOException {
        List<String> sources = sources();
        List<String> shown = found(guide, Pattern.compile("```java\n(.*?)```", Pattern.DOTALL));

        assertThat(shown)
                .hasSize(blocks)
                .allSatisfy(code -> assertThat(sources).anyMatch(source -> source.contains(bare(code))));
    }

    @ParameterizedTest
    @CsvSource({"add-a-model-format.md", "add-a-backend.md"})
    void theirLinksToSourcesLead(String guide) throws IOException {
        List<String> links = found(guide, Pattern.compile("\\((\\.\\./[^)#]*)\\)"));

        assertThat(links)
                .isNotEmpty()
                .allSatisfy(link -> assertThat(page(guide).resolveSibling(link)).exists());
    }

    private static List<String> found(String guide, Pattern pattern) throws IOException {
        return pattern.matcher(Files.readString(page(guide)))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    private static Path page(String guide) {
        return Path.of("../docs").resolve(guide);
    }

    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Path.of("src/test/java/com/example"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sources.add(bare(Files.readString(file)));
            }
        }
        return sources;
    }

    /** Without white space, and without the tag of a test that takes long. */
    private static String bare(String code) {
        return code.replace("import org.junit.jupiter.api.Tag;", "")
                .replace("@Tag(\"slow\")", "")
                .replaceAll("\\s+", "");
    }
}
