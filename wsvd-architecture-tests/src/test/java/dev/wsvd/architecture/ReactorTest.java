package dev.wsvd.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the poms promise. */
class ReactorTest {
    private static final String BOM = "wsvd-bom";

    static List<String> modules() {
        return Reactor.modules();
    }

    @ParameterizedTest
    @MethodSource("modules")
    void theFolderIsTheArtifactId(String folder) {
        assertThat(Reactor.pom(folder).artifactId()).isEqualTo(folder);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void theModuleNameIsTheRootPackage(String folder) {
        if (Reactor.hasMainClasses(folder)) {
            assertThat(Reactor.pom(folder).properties()).containsEntry("module.name", Module.rootPackage(folder));
        }
    }

    @Test
    void everyFolderWithAPomIsBuilt() throws IOException {
        try (Stream<Path> folders = Files.list(Reactor.ROOT)) {
            assertThat(folders.filter(folder -> Files.exists(folder.resolve("pom.xml")))
                            .map(folder -> folder.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(Reactor.modules());
        }
    }

    @Test
    void theBomListsExactlyThePublishedArtifacts() {
        List<Pom.Dependency> published = Reactor.modules().stream()
                .filter(folder -> !folder.equals(BOM) && Reactor.pom(folder).published())
                .map(folder -> new Pom.Dependency("dev.wsvd", folder, "compile", Optional.of("${project.version}")))
                .toList();

        assertThat(Reactor.pom(BOM).managed()).containsExactlyInAnyOrderElementsOf(published);
    }

    @Test
    void theBomSaysOfAReleaseWhatTheParentSays() {
        assertThat(Reactor.pom(BOM).properties()).containsOnlyKeys("wsvd.url", "wsvd.scm.url", "wsvd.developer");
        assertThat(Reactor.parent().properties())
                .containsAllEntriesOf(Reactor.pom(BOM).properties());
    }

    @ParameterizedTest
    @MethodSource("modules")
    void thirdPartyVersionsAreInTheParentOnly(String folder) {
        if (!folder.equals(BOM)) {
            assertThat(Reactor.pom(folder).dependencies())
                    .allSatisfy(dependency -> assertThat(dependency.version())
                            .as("version of %s in %s", dependency.artifactId(), folder)
                            .isEmpty());
            assertThat(Reactor.pom(folder).managed()).isEmpty();
        }
    }

    @Test
    void unpublishedModulesAreThoseThatMayUseAnything() {
        assertThat(Reactor.modules())
                .filteredOn(folder -> !Reactor.pom(folder).published())
                .containsExactlyInAnyOrderElementsOf(Module.unrestricted());
    }

    @Test
    void theReadmeShowsWhatTheConsumersOfTheTestsTake() throws IOException {
        String readme = Files.readString(Reactor.ROOT.resolve("README.md"));
        String dependencies = between(
                readme.substring(readme.indexOf("## The library")), "<dependencyManagement>", "\n</dependencies>");
        String kotlin = between(readme, "```kotlin\n", "\n```").substring("```kotlin\n".length());
        Path consumers = Reactor.ROOT.resolve("wsvd-maven-plugin/src/it");

        assertThat(Files.readString(consumers.resolve("modules/pom.xml")))
                .contains(indented(dependencies.replace("0.1.0-SNAPSHOT", "@project.version@"), 2));
        assertThat(Files.readString(consumers.resolve("kotlin/src/main/kotlin/Compress.kt")))
                .contains(indented(kotlin, 4));
    }

    private static String indented(String text, int spaces) {
        return text.indent(spaces).replaceAll("(?m)^ +$", "").stripTrailing();
    }

    /** The first text that begins and ends with these, without its end. */
    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin);
        return text.substring(from, text.indexOf(end, from));
    }
}
