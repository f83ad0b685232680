package dev.wsvd.pipeline;

import dev.wsvd.domain.error.UnreachableTargetException;
import java.util.OptionalDouble;

/** How much of the savings that were predicted counts: between what was too much and what was too little, once both are known. */
final class SavingsScale {
    /** The least that savings may be scaled by at once. */
    static final double LEAST_FACTOR = 0.1;

    private static final double NUDGE = 0.985;
    private static final int MOST_NUDGES = 8;
    private static final double JUST = 1.001;

    private double now = 1;
    private int nudges;
    private boolean reached;
    private OptionalDouble tooMuch = OptionalDouble.empty();
    private OptionalDouble tooLittle = OptionalDouble.empty();

    /**
     * @param slow whether the network that was chosen by what counts now takes too long
     * @param factor what it saves / what it was predicted to save
     * @return by what the savings that count are to be multiplied
     */
    double next(boolean slow, double factor) {
        double before = now;
        if (slow) {
            tooMuch = OptionalDouble.of(now);
        } else {
            tooLittle = OptionalDouble.of(now);
        }
        now *= Math.max(LEAST_FACTOR, factor);
        if (tooMuch.isPresent() && tooLittle.isPresent()) {
            now = Math.sqrt(tooMuch.getAsDouble() * tooLittle.getAsDouble());
        }
        return now / before;
    }

    /**
     * That what saves most is timed once too: it may save more than what was timed tells.
     *
     * @return by what the savings that count are to be multiplied so that it is predicted to meet the limit
     */
    double reaching(double limit, UnreachableTargetException unreachable) {
        double smallest = unreachable.smallestRatio().orElse(1);
        if (reached || smallest >= 1) {
            throw unreachable;
        }
        reached = true;
        double factor = JUST * (1 - limit) / (1 - smallest);
        now *= factor;
        return factor;
    }

    double nudged() {
        nudges++;
        now *= NUDGE;
        return NUDGE;
    }

    /** What counts now, of all that was predicted. */
    double now() {
        return now;
    }

    /** Whether it was nudged so often that this leads nowhere. */
    boolean isStuck() {
        return nudges >= MOST_NUDGES;
    }
}
