package dev.wsvd.domain.spi;

import java.nio.file.Path;
import java.util.OptionalInt;

/** A family of files that describe tokenizers. */
@FunctionalInterface
public interface TokenizerFormat {
    /**
     * Reads a tokenizer.
     *
     * @param maxLength how many tokens of a text count, at least 1; by default as many as the file says, but at most 512
     * @throws dev.wsvd.domain.error.InvalidInputException if the file does not exist or is no such tokenizer
     */
    Tokenizer open(Path file, OptionalInt maxLength);
}
