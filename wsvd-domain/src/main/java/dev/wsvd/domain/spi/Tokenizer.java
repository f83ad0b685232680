package dev.wsvd.domain.spi;

import java.util.List;

/** Turns texts into the numbers that a language model takes. Close it when done. */
public interface Tokenizer extends AutoCloseable {
    /**
     * The tokens of one text.
     *
     * @param ids the special ones included that the model was trained with, such as {@code [CLS]} and {@code [SEP]}
     * @param types the segment of each, {@code token_type_ids}
     * @param truncated whether the text has more than {@link #maxLength()}, of which these are the first
     */
    record Tokens(long[] ids, long[] types, boolean truncated) {}

    /** The tokens of each text, in order; not padded. */
    List<Tokens> encode(List<String> texts);

    /** How many tokens of a text there are at most, special ones included. */
    int maxLength();

    /** The id that fills shorter texts where several are run at once. */
    long paddingId();

    /** The ids of all tokens but special ones such as {@code [CLS]}, ascending; also of those that no text has, such as BERT's unused. */
    long[] vocabulary();

    @Override
    void close();
}
