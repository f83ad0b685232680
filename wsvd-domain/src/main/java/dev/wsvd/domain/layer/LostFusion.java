package dev.wsvd.domain.layer;

import java.util.List;
import java.util.Locale;

/**
 * Couplings whose cuts make a model's engine give up operators into which it fuses several others, so that fewer MACs may take more time; and
 * the time they took.
 *
 * @param couplings all cut at once, and alike
 * @param operators what is fused less often then, as the engine names it
 * @param rank units that each group kept
 * @param beforeMs median wall time of a run of the whole model in ms
 * @param afterMs median wall time of a run of the cut model in ms
 * @param faster whether the cut model is faster beyond the noise of the measurement
 */
public record LostFusion(
        List<Coupling> couplings, List<String> operators, int rank, double beforeMs, double afterMs, boolean faster) {
    public LostFusion {
        couplings = List.copyOf(couplings);
        operators = List.copyOf(operators);
    }

    /**
     * Whether a cut makes the model faster as far as this tells: those that keep more units than were timed are not taken to do so.
     *
     * @param rank units that each group keeps
     */
    public boolean allows(Coupling coupling, int rank) {
        return couplings.stream().noneMatch(coupling::isSameAs) || faster && rank <= this.rank;
    }

    /** For people: one line. */
    @Override
    public String toString() {
        Coupling first = couplings.get(0);
        int more = couplings.size() - 1;
        return String.format(
                Locale.ROOT,
                "Cuts of the coupling at '%s'%s lose what the engine fuses (%s): at %d of %d units the model takes %.3f ms, before"
                        + " %.3f ms. Budgeted selection by MACs %s.",
                first.layer().id(),
                more == 0 ? "" : " and of " + more + " like it",
                String.join(", ", operators),
                rank,
                first.perGroup(),
                afterMs,
                beforeMs,
                faster ? "takes those that keep no more" : "leaves them out, as they are not clearly faster");
    }
}
