package dev.wsvd.json;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.RankPlan;
import java.nio.file.Path;

/** Rank plans in JSON files. */
public final class JsonPlans {
    private JsonPlans() {}

    /**
     * Reads a plan.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the file cannot be read or is not a plan; the message names the
     *     file, line, column and field
     */
    public static PlanFile read(Path file) {
        throw new UnsupportedOperationException(file.toString());
    }

    /**
     * Writes a plan, whole or not at all.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if the path cannot be written
     */
    public static void write(Path file, ModelIdentity model, RankPlan plan) {
        throw new UnsupportedOperationException(file.toString());
    }
}
