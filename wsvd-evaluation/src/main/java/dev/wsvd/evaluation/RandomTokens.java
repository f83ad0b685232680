package dev.wsvd.evaluation;

import dev.wsvd.domain.spi.Tokenizer.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Texts of which some tokens, each with the same probability, are exchanged for tokens drawn uniformly from a vocabulary. Special
 * tokens are neither exchanged nor drawn. The same texts become the same every time.
 */
final class RandomTokens {
    private static final long SEED = 1;

    private final long[] vocabulary;
    private final double share;
    private final SplittableRandom random = new SplittableRandom(SEED);

    private RandomTokens(long[] vocabulary, double share) {
        this.vocabulary = vocabulary;
        this.share = share;
    }

    /**
     * @param vocabulary ids that are not special, ascending
     * @param share the probability, 0 … 1
     */
    static List<Tokens> among(List<Tokens> texts, long[] vocabulary, double share) {
        RandomTokens some = new RandomTokens(vocabulary, share);
        return texts.stream()
                .map(text -> new Tokens(some.exchanged(text.ids()), text.types(), text.truncated()))
                .toList();
    }

    private long[] exchanged(long[] ids) {
        return Arrays.stream(ids)
                .map(id -> isOrdinary(id) && random.nextDouble() < share
                        ? vocabulary[random.nextInt(vocabulary.length)]
                        : id)
                .toArray();
    }

    private boolean isOrdinary(long id) {
        return Arrays.binarySearch(vocabulary, id) >= 0;
    }
}
