package com.example.tiny;

import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.ModelFormatProvider;

/** Offers {@code tiny}. */
public final class TinyFormatProvider implements ModelFormatProvider {
    @Override
    public String id() {
        return "tiny";
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
    public ModelFormat<?> create() {
        return new TinyFormat();
    }
}
