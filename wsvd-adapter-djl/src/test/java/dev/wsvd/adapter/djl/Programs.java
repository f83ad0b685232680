package dev.wsvd.adapter.djl;

import dev.wsvd.testkit.JavaProgram;

/** Programs in a process of their own that use DJL as the tests do. */
final class Programs {
    private Programs() {}

    static JavaProgram of(Class<?> main) {
        return new JavaProgram(main)
                .inherit("ai.djl.offline")
                .inherit("DJL_CACHE_DIR")
                .inherit("OPT_OUT_TRACKING");
    }
}
