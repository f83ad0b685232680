package dev.wsvd.evaluation;

import dev.wsvd.domain.spi.Tokenizer;
import java.util.List;
import java.util.stream.LongStream;

/** A tokenizer whose tokens are letters: {@code a} is 1, after the special token 100; it fills up with 99. */
record Letters(int maxLength) implements Tokenizer {
    @Override
    public List<Tokens> encode(List<String> texts) {
        return texts.stream()
                .map(text -> {
                    long[] ids = LongStream.concat(
                                    LongStream.of(100), text.chars().mapToLong(c -> c - 'a' + 1))
                            .limit(maxLength)
                            .toArray();
                    return new Tokens(ids, new long[ids.length], 1 + text.length() > maxLength);
                })
                .toList();
    }

    @Override
    public long paddingId() {
        return 99;
    }

    @Override
    public long[] vocabulary() {
        return LongStream.rangeClosed(1, 26).toArray();
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
