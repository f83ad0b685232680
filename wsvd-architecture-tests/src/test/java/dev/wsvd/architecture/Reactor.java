package dev.wsvd.architecture;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The poms of the build that these tests are part of. */
final class Reactor {
    /** Surefire says where the module is; an IDE starts tests in its folder. */
    static final Path ROOT =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();

    private Reactor() {}

    static Pom parent() {
        return Pom.read(ROOT.resolve("pom.xml"));
    }

    static Pom pom(String folder) {
        return Pom.read(ROOT.resolve(folder).resolve("pom.xml"));
    }

    /** The folders of all modules. */
    static List<String> modules() {
        return parent().modules();
    }

    static boolean hasMainClasses(String folder) {
        return Files.isDirectory(ROOT.resolve(folder).resolve("src/main/java"));
    }
}
