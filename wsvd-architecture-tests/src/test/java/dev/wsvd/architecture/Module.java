package dev.wsvd.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A row of the module table in {@code docs/architecture.md}: what a module's main classes may use besides the JDK and
 * themselves.
 *
 * @param artifactId folder and artifactId
 * @param modules wsvd's own modules, by artifactId
 * @param libraries third-party artifactIds
 * @param free whether the module may use anything
 */
record Module(String artifactId, List<String> modules, List<String> libraries, boolean free) {
    private static final Pattern ROW = Pattern.compile("\\| `(wsvd-[a-z0-9-]+)` \\|[^|]*\\| ([^|]*) \\|");

    /** The packages that come with a library. */
    private static final Map<String, List<String>> PACKAGES = Map.ofEntries(
            Map.entry("api", List.of("ai.djl..")),
            Map.entry("ejml-ddense", List.of("org.ejml..")),
            Map.entry("jackson-core", List.of("com.fasterxml.jackson.core..")),
            Map.entry("jackson-databind", List.of("com.fasterxml.jackson..")),
            Map.entry("javacpp", List.of("org.bytedeco.javacpp..")),
            Map.entry("junit-jupiter-api", List.of("org.junit.jupiter.api..", "org.opentest4j..")),
            Map.entry("maven-plugin-annotations", List.of("org.apache.maven.plugins.annotations..")),
            Map.entry("maven-plugin-api", List.of("org.apache.maven.plugin..")),
            Map.entry("nd4j-api", List.of("org.nd4j..", "org.bytedeco.javacpp..")),
            Map.entry("onnxruntime", List.of("ai.onnxruntime..")),
            Map.entry("openblas", List.of("org.bytedeco.openblas..")),
            Map.entry("picocli", List.of("picocli..")),
            Map.entry("protobuf-java", List.of("com.google.protobuf..")),
            // With what it logs with.
            Map.entry("spark-sql_2.13", List.of("org.apache.spark..", "scala..", "org.apache.logging.log4j..")),
            Map.entry("tokenizers", List.of("ai.djl.huggingface.tokenizers..")),
            Map.entry("tribuo-util-onnx", List.of("ai.onnx.proto..")));

    /** Every row of the table. */
    static final List<Module> TABLE = read();

    /** Modules that may use anything, so that no rule but those for all modules holds for them. */
    static List<String> unrestricted() {
        return TABLE.stream().filter(Module::free).map(Module::artifactId).toList();
    }

    /** The package that a module's classes live in or below: {@code wsvd-backend-ejml} is {@code dev.wsvd.backend.ejml}. */
    static String rootPackage(String artifactId) {
        return "dev." + artifactId.replace('-', '.');
    }

    String rootPackage() {
        return rootPackage(artifactId);
    }

    /** Patterns of all packages the module's classes may use. */
    String[] allowedPackages() {
        return Stream.of(
                        Stream.of("java..", "javax.imageio..", "com.sun.net.httpserver..", rootPackage() + ".."),
                        modules.stream().map(module -> rootPackage(module) + ".."),
                        libraries.stream().flatMap(library -> PACKAGES.get(library).stream()))
                .flatMap(patterns -> patterns)
                .toArray(String[]::new);
    }

    @Override
    public String toString() {
        return artifactId;
    }

    private static List<Module> read() {
        try (Stream<String> lines = Files.lines(Reactor.ROOT.resolve("docs/architecture.md"))) {
            return lines.map(ROW::matcher)
                    .filter(Matcher::matches)
                    .map(row -> of(row.group(1), row.group(2)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Module of(String artifactId, String dependsOn) {
        List<String> modules = new ArrayList<>();
        List<String> libraries = new ArrayList<>();
        if (!List.of("–", "anything", "nothing but the JDK's `java.base`").contains(dependsOn)) {
            for (String item : dependsOn.replaceAll(";.*|\\([^)]*\\)", "").split(",")) {
                String name = item.strip();
                if (Reactor.modules().contains("wsvd-" + name)) {
                    modules.add("wsvd-" + name);
                } else if (PACKAGES.containsKey(name)) {
                    libraries.add(name);
                } else {
                    throw new IllegalStateException("The module table lets " + artifactId + " depend on '" + name
                            + "', which is no module of wsvd and no library that these tests know.");
                }
            }
        }
        return new Module(artifactId, modules, libraries, dependsOn.equals("anything"));
    }
}
