package dev.wsvd.architecture;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A row of the module table: what a module's main classes may use besides the JDK and themselves.
 *
 * @param artifactId folder and artifactId
 * @param modules wsvd's own modules, by artifactId
 * @param libraries third-party artifactIds, and the packages that come with them
 */
record Module(String artifactId, List<String> modules, Map<String, List<String>> libraries) {
    private static final String DOMAIN = "wsvd-domain";
    private static final String COST = "wsvd-cost";
    private static final String SELECTION = "wsvd-selection";

    /** Every module with main classes but those that may use anything. */
    static final List<Module> TABLE = List.of(
            new Module(DOMAIN, List.of(), Map.of()),
            new Module(COST, List.of(DOMAIN), Map.of()),
            new Module(SELECTION, List.of(DOMAIN, COST), Map.of()),
            new Module("wsvd-pipeline", List.of(DOMAIN, COST, SELECTION), Map.of()),
            new Module("wsvd-evaluation", List.of(DOMAIN), Map.of()),
            new Module("wsvd-backend-ejml", List.of(DOMAIN), Map.of("ejml-ddense", List.of("org.ejml.."))),
            new Module(
                    "wsvd-backend-openblas",
                    List.of(DOMAIN),
                    Map.of(
                            "openblas", List.of("org.bytedeco.openblas.."),
                            "javacpp", List.of("org.bytedeco.javacpp.."))),
            new Module(
                    "wsvd-backend-nd4j",
                    List.of(DOMAIN),
                    Map.of("nd4j-api", List.of("org.nd4j..", "org.bytedeco.javacpp.."))),
            new Module(
                    "wsvd-adapter-onnx",
                    List.of(DOMAIN),
                    Map.of(
                            "tribuo-util-onnx", List.of("ai.onnx.proto.."),
                            "protobuf-java", List.of("com.google.protobuf.."),
                            "onnxruntime", List.of("ai.onnxruntime.."))),
            new Module("wsvd-adapter-djl", List.of(DOMAIN, "wsvd-json"), Map.of("api", List.of("ai.djl.."))),
            new Module("wsvd-json", List.of(DOMAIN), Map.of("jackson-core", List.of("com.fasterxml.jackson.core.."))),
            new Module(
                    "wsvd-cli",
                    List.of(DOMAIN, COST, SELECTION, "wsvd-pipeline", "wsvd-evaluation", "wsvd-json"),
                    Map.of("picocli", List.of("picocli.."))),
            new Module(
                    "wsvd-testkit",
                    List.of(DOMAIN),
                    Map.of("junit-jupiter-api", List.of("org.junit.jupiter.api..", "org.opentest4j.."))));

    /** Modules that may use anything, so that no rule but those for all modules holds for them. */
    static final List<String> FREE = List.of("wsvd-examples", "wsvd-benchmarks", "wsvd-architecture-tests");

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
                        Stream.of("java..", rootPackage() + ".."),
                        modules.stream().map(module -> rootPackage(module) + ".."),
                        libraries.values().stream().flatMap(List::stream))
                .flatMap(patterns -> patterns)
                .toArray(String[]::new);
    }

    @Override
    public String toString() {
        return artifactId;
    }
}
