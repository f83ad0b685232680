package dev.wsvd.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.error.ProviderException;
import dev.wsvd.domain.spi.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** A tokenizer that Hugging Face's library runs. DJL unpacks its native library into its cache folder once. */
final class HuggingFace implements Tokenizer {
    /** What most models of the BERT family were trained on, where the file does not say. */
    private static final int DEFAULT_LENGTH = 512;

    private static final List<String> PADDING_TOKENS = List.of("[PAD]", "<pad>", "<|pad|>", "<|endoftext|>");

    private static final int ID_BLOCK = 4096;

    private final HuggingFaceTokenizer tokenizer;

    private HuggingFace(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    static Tokenizer open(Path file, OptionalInt maxLength) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidInputException("There is no tokenizer file '" + file + "'.");
        }
        Map<String, String> options = new HashMap<>(Map.of("padding", "false", "truncation", "true"));
        options.put("modelMaxLength", String.valueOf(maxLength.orElse(DEFAULT_LENGTH)));
        maxLength.ifPresent(length -> options.put("maxLength", String.valueOf(length)));
        requireNatives();
        try {
            return new HuggingFace(Offline.during(() -> HuggingFaceTokenizer.newInstance(file, options)));
        } catch (IOException e) {
            throw new InvalidInputException("The tokenizer '" + file + "' cannot be read: " + e.getMessage() + ".", e);
        } catch (RuntimeException e) {
            throw new InvalidInputException(
                    "'" + file + "' is not a tokenizer that can be read: "
                            + Printable.message(String.valueOf(e.getMessage()))
                            + ". Maybe it is not the tokenizer.json of Hugging Face's tokenizers.",
                    e);
        }
    }

    private static void requireNatives() {
        try {
            Offline.during(() -> {
                LibUtils.checkStatus();
                return null;
            });
        } catch (IOException | RuntimeException | LinkageError e) {
            throw new ProviderException(
                    "Hugging Face's tokenizers do not start here: " + Printable.message(String.valueOf(e))
                            + ". Maybe give arrays (.npz) instead of texts.",
                    e);
        }
    }

    @Override
    public List<Tokens> encode(List<String> texts) {
        return Arrays.stream(tokenizer.batchEncode(texts, true, false))
                .map(text -> new Tokens(text.getIds(), text.getTypeIds(), text.exceedMaxLength()))
                .toList();
    }

    @Override
    public int maxLength() {
        return tokenizer.getMaxLength();
    }

    /** The first of the usual tokens that this vocabulary has as one; else 0, which no model looks at where the mask is 0. */
    @Override
    public long paddingId() {
        for (String token : PADDING_TOKENS) {
            Encoding found = tokenizer.encode(token, false, false);
            if (Arrays.equals(found.getTokens(), new String[] {token})) {
                return found.getIds()[0];
            }
        }
        return 0;
    }

    /** Ids run from 0; a block of them without any is beyond the last. */
    @Override
    public long[] vocabulary() {
        Set<Long> around = Arrays.stream(tokenizer.encode("", true, false).getIds())
                .boxed()
                .collect(Collectors.toSet());
        return LongStream.iterate(0, from -> from + ID_BLOCK)
                .mapToObj(this::idsOfText)
                .takeWhile(ids -> ids.length > 0)
                .flatMapToLong(Arrays::stream)
                .filter(id -> !around.contains(id))
                .toArray();
    }

    /** Those of a block that stand for text: special tokens are left out of what is decoded, as are ids that there are not. */
    private long[] idsOfText(long from) {
        long[][] ids = LongStream.range(from, from + ID_BLOCK)
                .mapToObj(id -> new long[] {id})
                .toArray(long[][]::new);
        String[] texts = tokenizer.batchDecode(ids, true);
        return IntStream.range(0, ID_BLOCK)
                .filter(i -> !texts[i].isEmpty())
                .mapToLong(i -> ids[i][0])
                .toArray();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
