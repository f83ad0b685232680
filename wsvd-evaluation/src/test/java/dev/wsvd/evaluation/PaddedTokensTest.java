package dev.wsvd.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PaddedTokensTest {
    private static final Map<String, Tensor> TEXTS = Map.of(
            "input_ids", longs(3, 5, 1, 2, 3, 4, 0, 5, 6, 0, 0, 0, 7, 8, 9, 0, 0),
            "attention_mask", longs(3, 5, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0));

    private static Tensor longs(long rows, long cols, long... values) {
        return Tensor.ofLongs(List.of(rows, cols), values);
    }

    private static List<Integer> values(Tensor tensor) {
        return IntStream.range(0, (int) tensor.elements())
                .mapToObj(i -> (int) tensor.getDouble(i))
                .toList();
    }

    private static PaddedTokens padded(Map<String, Tensor> arrays) {
        return PaddedTokens.of(ArrayDataset.of(arrays)).orElseThrow();
    }

    @Test
    void shortSequencesComeBeforeLongOnes() {
        Tensor ids = padded(TEXTS).data().arrays().get("input_ids").samples(0, 3);

        assertThat(values(ids)).containsExactly(5, 6, 0, 0, 0, 7, 8, 9, 0, 0, 1, 2, 3, 4, 0);
    }

    @Test
    void batchesHaveNoMoreTokensThanTheirLongestSequence() {
        PaddedTokens padded = padded(TEXTS);
        Tensor ids = padded.data().arrays().get("input_ids").samples(0, 2);

        Map<String, Tensor> trimmed = padded.trimmed(Map.of("input_ids", ids), 0, 2);

        assertThat(trimmed.get("input_ids").shape()).containsExactly(2L, 3L);
        assertThat(values(trimmed.get("input_ids"))).containsExactly(5, 6, 0, 7, 8, 9);
    }

    @Test
    void sequencesWithoutAnyTokenKeepOne() {
        PaddedTokens padded = padded(Map.of("attention_mask", longs(2, 2, 0, 0, 0, 0)));
        Tensor mask = padded.data().arrays().get("attention_mask").samples(0, 2);

        assertThat(padded.trimmed(Map.of("attention_mask", mask), 0, 2)
                        .get("attention_mask")
                        .shape())
                .containsExactly(2L, 1L);
    }

    @Test
    void onlyArraysWithAnElementForEachTokenOfAMaskAreSequences() {
        Tensor mask = TEXTS.get("attention_mask");

        assertThat(PaddedTokens.of(ArrayDataset.of(Map.of("input_ids", mask)))).isEmpty();
        assertThat(PaddedTokens.of(
                        ArrayDataset.of(Map.of("attention_mask", mask, "image", longs(3, 2, 1, 2, 3, 4, 5, 6)))))
                .isEmpty();
    }

    @Test
    void aFixedNumberOfTokensIsNotOpen() {
        TensorInfo open = new TensorInfo("input_ids", ElementType.INT64, List.of(-1L, -1L));
        TensorInfo fixed = new TensorInfo("input_ids", ElementType.INT64, List.of(-1L, 128L));

        assertThat(PaddedTokens.areOpen(List.of(open))).isTrue();
        assertThat(PaddedTokens.areOpen(List.of(open, fixed))).isFalse();
    }
}
