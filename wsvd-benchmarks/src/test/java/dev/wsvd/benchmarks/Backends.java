package dev.wsvd.benchmarks;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.pipeline.resolve.Resolver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Every backend there is. */
final class Backends {
    private Backends() {}

    static Map<String, LinearAlgebra> all() {
        Map<String, LinearAlgebra> backends = new LinkedHashMap<>();
        for (String id : new String[] {"ejml", "openblas", "nd4j"}) {
            backends.put(id, Resolver.backends().resolve(Optional.of(id)).create());
        }
        return backends;
    }
}
