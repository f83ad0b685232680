package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Tokenizer;
import dev.wsvd.domain.spi.Tokenizer.Tokens;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Texts as a model takes them: int64 arrays [texts, tokens] by input name, filled up to the longest text, or to the length that
 * the model fixes.
 *
 * @param dataset the samples
 * @param longest the tokens of the longest text
 * @param truncated how many texts have more tokens than the tokenizer gives
 */
public record TokenizedTexts(ArrayDataset dataset, int longest, long truncated) {
    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";

    static TokenizedTexts of(TextFile file, Tokenizer tokenizer, List<TensorInfo> inputs) {
        requireTexts(file, inputs);
        return of(file, tokenizer.encode(file.texts()), file.labels(), tokenizer.paddingId(), inputs);
    }

    static TokenizedTexts withRandomTokens(TextFile file, Tokenizer tokenizer, List<TensorInfo> inputs, double share) {
        requireTexts(file, inputs);
        List<Tokens> texts = tokenizer.encode(file.texts());
        List<Tokens> all = Stream.concat(
                        texts.stream(), RandomTokens.among(texts, tokenizer.vocabulary(), share).stream())
                .toList();
        return of(file, all, Optional.empty(), tokenizer.paddingId(), inputs);
    }

    private static TokenizedTexts of(
            TextFile file, List<Tokens> tokens, Optional<int[]> labels, long padding, List<TensorInfo> inputs) {
        int longest = tokens.stream().mapToInt(text -> text.ids().length).max().orElseThrow();
        int length = fixedLength(inputs).orElse(longest);
        if (longest > length) {
            throw new InvalidInputException(file.source() + " has texts of up to " + longest
                    + " tokens, the model takes " + length + ". Maybe use --max-length " + length + ".");
        }
        Map<String, SampleArray> arrays = new LinkedHashMap<>();
        for (TensorInfo input : inputs) {
            long[] values = new long[Math.multiplyExact(tokens.size(), length)];
            for (int i = 0; i < tokens.size(); i++) {
                long[] row = row(input.name(), tokens.get(i), length, padding);
                System.arraycopy(row, 0, values, i * length, length);
            }
            arrays.put(
                    input.name(), SampleArray.of(Tensor.ofLongs(List.of((long) tokens.size(), (long) length), values)));
        }
        return new TokenizedTexts(
                ArrayDataset.of(arrays, labels, file.source(), file.source()),
                longest,
                tokens.stream()
                        .limit(file.texts().size())
                        .filter(Tokens::truncated)
                        .count());
    }

    static Optional<Integer> fixedLength(List<TensorInfo> inputs) {
        return inputs.stream()
                .filter(input -> input.name().equals(IDS))
                .filter(input -> input.shape().size() == 2 && input.shape().get(1) > 0)
                .map(input -> Math.toIntExact(input.shape().get(1)))
                .findFirst();
    }

    private static long[] row(String input, Tokens text, int length, long padding) {
        long[] row = new long[length];
        int own = text.ids().length;
        for (int t = 0; t < length; t++) {
            row[t] = switch (input) {
                case IDS -> t < own ? text.ids()[t] : padding;
                case TYPES -> t < own ? text.types()[t] : 0;
                default -> t < own ? 1 : 0;
            };
        }
        return row;
    }

    private static void requireTexts(TextFile file, List<TensorInfo> inputs) {
        List<String> known = List.of(IDS, MASK, TYPES);
        List<String> names = inputs.stream().map(TensorInfo::name).toList();
        if (!names.contains(IDS) || !known.containsAll(names)) {
            throw new InvalidInputException(file.source() + " holds texts, which give " + Feed.quoted(known)
                    + "; the model takes " + Feed.described(inputs) + ". Maybe save its inputs as a .npz with an array"
                    + " of each name.");
        }
    }
}
