package dev.wsvd.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;

/** The main classes of every module, read once. */
final class MainClasses {
    static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.wsvd");

    private MainClasses() {}

    /** The jar or classes folder that a class was read from. */
    static String origin(JavaClass of) {
        String location = of.getSource().orElseThrow().getUri().toString();
        String path = of.getName().replace('.', '/') + ".class";
        if (!location.endsWith(path)) {
            throw new IllegalStateException(location + " does not end with " + path + ".");
        }
        return location.substring(0, location.length() - path.length());
    }

    /** Whether a class comes from a module: from its folder in the build, or from its jar. */
    static boolean isOf(String module, JavaClass type) {
        return origin(type).matches(".*/" + module + "(/target/|-\\d).*");
    }
}
