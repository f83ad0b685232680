package com.example.naive;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.LinearAlgebraProvider;

/** Offers {@code naive}: plain loops, for reading. */
public final class NaiveProvider implements LinearAlgebraProvider {
    @Override
    public String id() {
        return "naive";
    }

    @Override
    public String version() {
        return "1.0";
    }

    @Override
    public int priority() {
        return 1;
    }

    @Override
    public LinearAlgebra create() {
        return new NaiveLinearAlgebra();
    }
}
