package dev.wsvd.backend.nd4j;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.nd4j.linalg.factory.Nd4j;

/** Offers {@code nd4j}, for those who have ND4J on the classpath already. */
public final class Nd4jProvider implements LinearAlgebraProvider {
    private static final String BACKENDS = "META-INF/services/org.nd4j.linalg.factory.Nd4jBackend";
    private static final String NATIVES = "org/nd4j/linalg/cpu/nativecpu/bindings/";
    /** What JavaCPP adds to a platform's name for natives built for some processors only. */
    private static final String[] EXTENSIONS = {"", "-avx2", "-avx512", "-onednn", "-onednn-avx2", "-onednn-avx512"};

    @Override
    public String id() {
        return "nd4j";
    }

    @Override
    public String version() {
        Properties pom = new Properties();
        try (InputStream in = Nd4j.class.getResourceAsStream("/META-INF/maven/org.nd4j/nd4j-api/pom.properties")) {
            if (in != null) {
                pom.load(in);
            }
        } catch (IOException e) {
            return "unknown";
        }
        return pom.getProperty("version", "unknown");
    }

    @Override
    public int priority() {
        return 50;
    }

    /** Looks for ND4J's own backend and its natives; whether they load is seen when the backend is created. */
    @Override
    public Optional<String> unavailable() {
        String platform = Loader.getPlatform();
        if (!onClasspath(BACKENDS)) {
            return Optional.of("ND4J has no backend on the classpath; " + remedy(platform));
        }
        boolean cpu = onClasspath("org/nd4j/linalg/cpu/nativecpu/CpuBackend.class");
        boolean natives = Stream.of(EXTENSIONS)
                .anyMatch(extension ->
                        onClasspath(NATIVES + platform + extension + "/" + System.mapLibraryName("jnind4jcpu")));
        return cpu && !natives
                ? Optional.of("no native ND4J for " + platform + " on the classpath; " + remedy(platform))
                : Optional.empty();
    }

    /** @throws WsvdException if ND4J is there but does not start */
    @Override
    public LinearAlgebra create() {
        try {
            Nd4j.getBackend();
        } catch (LinkageError | RuntimeException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new WsvdException("ND4J does not start: " + cause, e);
        }
        return new Nd4jLinearAlgebra();
    }

    private String remedy(String platform) {
        return "add org.nd4j:nd4j-native:" + version() + " without a classifier and with the classifier " + platform;
    }

    private static boolean onClasspath(String resource) {
        return Nd4j.class.getClassLoader().getResource(resource) != null;
    }
}
