package dev.wsvd.domain.spi;

/** How a library of tokenizers is found on the classpath. */
public interface TokenizerProvider extends Provider<TokenizerFormat> {}
