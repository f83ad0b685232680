package dev.wsvd.domain.spi;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * A dim of an input that the model leaves open, and the size that costs are counted for. Dims of one name have one size and are
 * one.
 *
 * @param input the input it is of, the first if there are several
 * @param axis its place among the input's dims, from 0
 * @param name its symbolic name in the model; empty if it has none
 * @param size the size taken
 * @param origin where that comes from
 * @param inSamples its size in the samples that were given, if it is in them
 */
public record OpenDim(String input, int axis, String name, long size, Origin origin, OptionalLong inSamples) {
    /** Who says a size. */
    public enum Origin {
        /** {@link OpenOptions#inputShapes} or {@link OpenOptions#dims}. */
        OPTION,
        /** {@link OpenOptions#sampleShapes}. */
        SAMPLES,
        /** Nobody: it is the format's default. */
        DEFAULT
    }

    public OpenDim {
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(origin, "origin");
        Objects.requireNonNull(inSamples, "inSamples");
    }

    /** Whether an option says another size than the samples have. */
    public boolean contradicted() {
        return inSamples.isPresent() && inSamples.getAsLong() != size;
    }
}
