package dev.wsvd.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@code module-info.java} says is what the poms, the packages and the lists of services say. */
class ModuleInfoTest {
    /**
     * Libraries that state the name of their module and bring all that they need to the module path. An automatic module brings
     * none with a {@code module-info}, so DJL's would miss Gson and SLF4J.
     */
    private static final List<String> NAMED =
            List.of("jackson-core", "jackson-databind", "onnxruntime", "protobuf-java", "tribuo-util-onnx");

    static List<Module> described() {
        return Module.TABLE.stream()
                .filter(module -> Files.exists(source(module.artifactId()).resolve("java/module-info.java")))
                .toList();
    }

    @Test
    void modulesAreDescribedWhoseLibrariesStateTheirNames() {
        List<String> described = described().stream().map(Module::artifactId).toList();

        assertThat(described)
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(Module.TABLE.stream()
                        .filter(module -> !module.free() && Reactor.hasMainClasses(module.artifactId()))
                        .filter(module ->
                                NAMED.containsAll(module.libraries()) && described.containsAll(module.modules()))
                        .map(Module::artifactId)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("described")
    void theNameIsTheRootPackage(Module module) throws IOException {
        assertThat(descriptor(module).name()).isEqualTo(module.rootPackage());
    }

    @ParameterizedTest
    @MethodSource("described")
    void itRequiresWhatThePomDeclares(Module module) throws IOException {
        List<String> declared = Reactor.pom(module.artifactId()).dependencies().stream()
                .filter(dependency -> dependency.scope().equals("compile")
                        && dependency.groupId().equals("dev.wsvd"))
                .map(dependency -> Module.rootPackage(dependency.artifactId()))
                .toList();

        assertThat(descriptor(module).requires())
                .filteredOn(requires -> requires.name().startsWith("dev.wsvd."))
                .allMatch(requires -> requires.modifiers().contains(ModuleDescriptor.Requires.Modifier.TRANSITIVE))
                .extracting(ModuleDescriptor.Requires::name)
                .containsExactlyInAnyOrderElementsOf(declared);
    }

    @ParameterizedTest
    @MethodSource("described")
    void itExportsEveryPackageThatIsNotInternal(Module module) throws IOException {
        assertThat(descriptor(module).exports())
                .allMatch(exports -> !exports.isQualified())
                .extracting(ModuleDescriptor.Exports::source)
                .containsExactlyInAnyOrderElementsOf(classes(module)
                        .map(JavaClass::getPackageName)
                        .filter(name -> !name.contains(".internal"))
                        .collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @MethodSource("described")
    void itProvidesWhatMetaInfServicesLists(Module module) throws IOException {
        Map<String, List<String>> listed = new TreeMap<>();
        Path services = source(module.artifactId()).resolve("resources/META-INF/services");
        if (Files.exists(services)) {
            try (Stream<Path> files = Files.list(services)) {
                for (Path file : files.toList()) {
                    listed.put(file.getFileName().toString(), Files.readAllLines(file));
                }
            }
        }

        assertThat(descriptor(module).provides().stream()
                        .collect(Collectors.toMap(
                                ModuleDescriptor.Provides::service, ModuleDescriptor.Provides::providers)))
                .isEqualTo(listed);
    }

    private static ModuleDescriptor descriptor(Module module) throws IOException {
        String origin = MainClasses.origin(classes(module).findFirst().orElseThrow());
        try (InputStream in = URI.create(origin + "module-info.class").toURL().openStream()) {
            return ModuleDescriptor.read(in);
        }
    }

    private static Stream<JavaClass> classes(Module module) {
        return MainClasses.ALL.stream().filter(type -> MainClasses.isOf(module.artifactId(), type));
    }

    private static Path source(String artifactId) {
        return Reactor.ROOT.resolve(artifactId).resolve("src/main");
    }
}
