package dev.wsvd.evaluation;

/** Which dim of an image counts its channels. */
public enum ImageLayout {
    /** [samples, channels, height, width]. */
    CHANNELS_FIRST,
    /** [samples, height, width, channels]. */
    CHANNELS_LAST
}
