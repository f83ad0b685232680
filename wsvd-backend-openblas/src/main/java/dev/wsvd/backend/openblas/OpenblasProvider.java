package dev.wsvd.backend.openblas;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/** Offers {@code openblas}: native, the fastest where the platform's natives are on the classpath. */
public final class OpenblasProvider implements LinearAlgebraProvider {
    @Override
    public String id() {
        return "openblas";
    }

    /** That of the presets, such as {@code 0.3.31-1.5.13}: OpenBLAS's version first. */
    @Override
    public String version() {
        return Optional.ofNullable(openblas.class.getPackage().getImplementationVersion())
                .orElse("unknown");
    }

    @Override
    public int priority() {
        return 200;
    }

    @Override
    public Optional<String> unavailable() {
        String platform = Loader.getPlatform();
        boolean present = Stream.of("openblas", "javacpp")
                .allMatch(name -> openblas.class.getResource(
                                "/org/bytedeco/" + name + "/" + platform + "/" + System.mapLibraryName("jni" + name))
                        != null);
        if (!present) {
            return Optional.of("no native OpenBLAS for " + platform
                    + " on the classpath; add org.bytedeco:openblas and org.bytedeco:javacpp with the classifier "
                    + platform);
        }
        try {
            Loader.load(openblas.class);
            return Optional.empty();
        } catch (LinkageError e) {
            return Optional.of("the native OpenBLAS for " + platform + " does not load: " + e.getMessage());
        }
    }

    @Override
    public LinearAlgebra create() {
        return new OpenblasLinearAlgebra();
    }
}
