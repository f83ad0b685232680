package dev.wsvd.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.domain.spi.Tokenizer.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RandomTokensTest {
    private static final int COUNT = 20_000;
    private static final long ORDINARY = 7;
    private static final long[] VOCABULARY = LongStream.concat(LongStream.range(5, 30), LongStream.range(1_000, 1_025))
            .toArray();

    @Test
    void aShareIsExchangedForTokensOfTheWholeVocabulary() {
        long[] ids = RandomTokens.among(List.of(text(LongStream.generate(() -> ORDINARY))), VOCABULARY, 0.3)
                .get(0)
                .ids();

        assertThat(ids).hasSize(COUNT);
        double own = 1.0 / VOCABULARY.length;
        assertThat(count(ids, ORDINARY) / (double) COUNT).isCloseTo(0.7 + 0.3 * own, within(0.01));
        for (long id : VOCABULARY) {
            if (id != ORDINARY) {
                assertThat(count(ids, id) / (double) COUNT).isCloseTo(0.3 * own, within(0.002));
            }
        }
        assertThat(ids).containsOnly(VOCABULARY);
    }

    @Test
    void tokensOutsideTheVocabularyStay() {
        Tokens text = new Tokens(new long[] {101, 9, 100, 1_025, 102, 0}, new long[] {0, 0, 0, 1, 1, 1}, true);

        Tokens all = RandomTokens.among(List.of(text), VOCABULARY, 1).get(0);

        assertThat(all.ids()[1]).isNotEqualTo(9);
        all.ids()[1] = 9;
        assertThat(all.ids()).containsExactly(text.ids());
        assertThat(all.types()).containsExactly(text.types());
        assertThat(all.truncated()).isTrue();
        assertThat(RandomTokens.among(List.of(text), new long[0], 1).get(0).ids())
                .containsExactly(text.ids());
    }

    @Test
    void theSameTextsBecomeTheSame() {
        List<Tokens> texts = List.of(text(LongStream.iterate(5, id -> 5 + (id - 4) % 25)), text(LongStream.of(8, 9)));

        List<Tokens> one = RandomTokens.among(texts, VOCABULARY, 0.5);
        List<Tokens> two = RandomTokens.among(texts, VOCABULARY, 0.5);

        assertThat(one.get(0).ids())
                .isEqualTo(two.get(0).ids())
                .isNotEqualTo(texts.get(0).ids());
        assertThat(one.get(1).ids()).isEqualTo(two.get(1).ids());
    }

    private static Tokens text(LongStream ids) {
        long[] some = ids.limit(COUNT).toArray();
        return new Tokens(some, new long[some.length], false);
    }

    private static long count(long[] ids, long id) {
        return Arrays.stream(ids).filter(other -> other == id).count();
    }
}
