package dev.wsvd.domain.plan;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Weights;
import java.util.Objects;
import java.util.Optional;

/**
 * One of the layers that stand in another's place, one after the other. The first takes the original's input; the last gives its
 * output and keeps its bias. Nothing stands between two stages, and no stage but the last has a bias.
 *
 * @param op its geometry; a convolution moves along some of the original's spatial dims, along each as the original does
 * @param weights of the op's shape
 * @param biasCorrection what is added to the original's bias, per output channel, in the last stage; absent for nothing
 */
public record Stage(Op op, Weights weights, Optional<float[]> biasCorrection) {
    private static final float TINY = 1e-30f;

    /** @throws InvalidInputException if the sizes do not fit */
    public Stage {
        Objects.requireNonNull(op, "op");
        if (!weights.shape().equals(op.weight())) {
            throw new InvalidInputException("A stage (" + op.kind() + ") needs a weight of shape " + op.weight()
                    + ", found " + weights.shape() + ".");
        }
        biasCorrection.filter(added -> added.length != op.weight().out()).ifPresent(added -> {
            throw new InvalidInputException("A stage (" + op.kind() + ", weight " + op.weight()
                    + ") needs a bias correction of " + op.weight().out() + " elements, found " + added.length + ".");
        });
    }

    /**
     * Values as a format writes them: those below {@value #TINY} in size are 0. They change no float32 that they are added to, and
     * processors take many times longer to compute with the smallest of them.
     *
     * @return a copy
     */
    public static float[] written(float[] values) {
        float[] written = values.clone();
        for (int i = 0; i < written.length; i++) {
            if (Math.abs(written[i]) < TINY) {
                written[i] = 0;
            }
        }
        return written;
    }

    /** A stage that adds nothing to the bias. */
    public Stage(Op op, float[] weights) {
        this(op, Weights.of(op.weight(), weights), Optional.empty());
    }
}
