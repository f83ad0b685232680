package dev.wsvd.json;

import dev.wsvd.domain.plan.Choice;
import java.util.List;

/** How files say the ranks of a choice: {@code rank} if there is one, else {@code ranks}. */
final class Ranks {
    private Ranks() {}

    /** What {@code rank} holds; null if there are several. */
    static Integer one(Choice choice) {
        return choice.sizes().size() == 1 ? choice.rank() : null;
    }

    /** What {@code ranks} holds; null if there is one. */
    static List<Integer> several(Choice choice) {
        return choice.sizes().size() == 1 ? null : choice.sizes();
    }

    /**
     * The choice that an object of a file says.
     *
     * @param at the object
     * @param rank null if it is not there
     * @param ranks null if they are not there
     * @throws dev.wsvd.domain.error.InvalidInputException if both are there, or none
     */
    static Choice choice(JsonFile<?> file, JsonPath at, Identities.Name form, Integer rank, List<Integer> ranks) {
        if (rank == null && ranks == null) {
            throw file.missing(at.then("rank"));
        }
        if (rank != null && ranks != null) {
            throw file.refusal(at.then("ranks"), "cannot be there beside 'rank'.");
        }
        if (ranks != null && ranks.isEmpty()) {
            throw file.refusal(at.then("ranks"), "must hold a rank.");
        }
        return new Choice(form.text(), ranks == null ? List.of(rank) : ranks);
    }
}
