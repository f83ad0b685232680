package dev.wsvd.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which module may use what, row by row. */
class ModuleTableTest {
    private static final Set<String> COMPILED_AGAINST = Set.of("compile", "provided");

    /** Rows with a rule of their own: of modules with main classes that may not use just anything. */
    static List<Module> rows() {
        return Module.TABLE.stream()
                .filter(module -> !module.free() && Reactor.hasMainClasses(module.artifactId()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void classesUseOnlyWhatTheirRowAllows(Module module) {
        classes()
                .that()
                .resideInAPackage(module.rootPackage() + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(module.allowedPackages())
                .allowEmptyShould(false)
                .check(MainClasses.ALL);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void pomsDeclareOnlyWhatTheirRowAllows(Module module) {
        List<String> allowed = new ArrayList<>(module.modules());
        allowed.addAll(module.libraries());

        assertThat(Reactor.pom(module.artifactId()).dependencies())
                .filteredOn(dependency -> COMPILED_AGAINST.contains(dependency.scope()))
                .extracting(Pom.Dependency::artifactId)
                .isSubsetOf(allowed);
        assertThat(Reactor.pom(module.artifactId()).dependencies())
                .filteredOn(dependency -> !COMPILED_AGAINST.contains(dependency.scope())
                        && !dependency.scope().equals("test"))
                .as("only the command brings what is found at run time, also where it is started on a cluster")
                .allMatch(dependency -> Set.of("wsvd-cli", "wsvd-spark").contains(module.artifactId())
                        && dependency.scope().equals("runtime"));
    }

    @Test
    void theDomainUsesTheBaseModuleOfTheJdkOnly() {
        Set<String> base =
                ModuleLayer.boot().findModule("java.base").orElseThrow().getPackages();
        String[] allowed = Stream.concat(
                        base.stream().filter(name -> name.startsWith("java.")), Stream.of("dev.wsvd.domain.."))
                .toArray(String[]::new);

        classes()
                .that()
                .resideInAPackage("dev.wsvd.domain..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed)
                .allowEmptyShould(false)
                .check(MainClasses.ALL);
    }

    @Test
    void thePipelineAloneCallsServiceLoader() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.wsvd.pipeline..")
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ServiceLoader.class)
                .allowEmptyShould(false)
                .check(MainClasses.ALL);
        assertThat(MainClasses.ALL.stream()
                        .filter(type -> type.getPackageName().startsWith("dev.wsvd.pipeline"))
                        .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                        .map(dependency -> dependency.getTargetClass().getName()))
                .contains(ServiceLoader.class.getName());
    }

    @Test
    void noCyclesBetweenPackages() {
        slices().matching("dev.wsvd.(**)")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(false)
                .check(MainClasses.ALL);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void whatIsInternalIsNobodyElses(Module module) {
        noClasses()
                .that()
                .resideOutsideOfPackage(module.rootPackage() + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(module.rootPackage() + "..internal..")
                .allowEmptyShould(false)
                .check(MainClasses.ALL);
    }

    @Test
    void noPackageIsSplitBetweenJars() {
        Map<String, Set<String>> origins = new TreeMap<>();
        for (JavaClass type : MainClasses.ALL) {
            origins.computeIfAbsent(type.getPackageName(), name -> new TreeSet<>())
                    .add(MainClasses.origin(type));
        }

        assertThat(origins)
                .isNotEmpty()
                .allSatisfy((name, jars) ->
                        assertThat(jars).as("where package %s is", name).hasSize(1));
    }

    @Test
    void theTableListsEveryModule() {
        assertThat(Module.TABLE).extracting(Module::artifactId).containsExactlyInAnyOrderElementsOf(Reactor.modules());
        assertThat(Module.unrestricted())
                .as("modules that may use anything are not published")
                .isNotEmpty()
                .noneMatch(module -> Reactor.pom(module).published());
    }

    @Test
    void theClassesOfEveryModuleAreLookedAt() {
        assertThat(Reactor.modules())
                .filteredOn(Reactor::hasMainClasses)
                .isNotEmpty()
                .allSatisfy(module -> assertThat(
                                MainClasses.ALL.stream().filter(type -> MainClasses.isOf(module, type)))
                        .as("classes of %s on the classpath of these tests", module)
                        .isNotEmpty()
                        .allSatisfy(type ->
                                assertThat(type.getPackageName() + ".").startsWith(Module.rootPackage(module) + ".")));
    }
}
