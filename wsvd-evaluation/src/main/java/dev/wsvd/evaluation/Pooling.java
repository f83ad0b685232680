package dev.wsvd.evaluation;

/** How the vectors of a sample's tokens become one. */
public enum Pooling {
    /** The mean of the vectors whose {@code attention_mask} is 1; of all where there is no mask. */
    MEAN,
    /** The vector of the first token, which BERT calls {@code [CLS]}. */
    CLS
}
