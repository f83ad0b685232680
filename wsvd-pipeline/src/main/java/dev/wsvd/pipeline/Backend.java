package dev.wsvd.pipeline;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.LinearAlgebraProvider;
import dev.wsvd.pipeline.resolve.Resolver;
import java.util.Optional;

/**
 * The linear algebra of a run: the one passed, else the one asked for by id, else the best the classpath offers, which is
 * looked for when first needed.
 */
final class Backend {
    private final Optional<String> id;
    private Optional<LinearAlgebra> linearAlgebra;
    private String description;

    Backend(Optional<LinearAlgebra> passed, Optional<String> id) {
        this.id = id;
        this.linearAlgebra = passed;
        this.description = passed.map(p -> p.getClass().getSimpleName()).orElse("none");
        if (id.isPresent()) {
            linearAlgebra();
        }
    }

    LinearAlgebra linearAlgebra() {
        if (linearAlgebra.isEmpty()) {
            LinearAlgebraProvider provider = Resolver.backends().resolve(id);
            linearAlgebra = Optional.of(provider.create());
            description = provider.id() + " " + provider.version();
        }
        return linearAlgebra.get();
    }

    /** Id and version, {@code none} if no linear algebra was needed. */
    String description() {
        return description;
    }
}
