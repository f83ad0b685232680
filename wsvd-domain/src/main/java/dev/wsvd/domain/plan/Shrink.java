package dev.wsvd.domain.plan;

/**
 * How many channels a layer loses to cuts. Several cuts of one layer add up.
 *
 * @param out output channels
 * @param in input channels
 */
public record Shrink(int out, int in) {
    /** The layer stays as it is. */
    public static final Shrink NONE = new Shrink(0, 0);

    /** Both together. */
    public Shrink plus(Shrink other) {
        return new Shrink(out + other.out, in + other.in);
    }
}
