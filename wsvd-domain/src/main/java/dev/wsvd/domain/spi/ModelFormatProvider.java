package dev.wsvd.domain.spi;

/** How a model format is found on the classpath. */
public interface ModelFormatProvider extends Provider<ModelFormat<?>> {}
