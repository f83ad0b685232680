package dev.wsvd.spark;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.spi.PlanQueue;
import dev.wsvd.pipeline.PlanWorker;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A plan on its way to an executor, and what comes back. */
record PlanTask(List<Change> changes, boolean quick) implements Serializable {
    /**
     * One layer's.
     *
     * @param upTo the sizes up to which the layer is decomposed
     */
    record Change(String layer, String form, List<Integer> sizes, List<Integer> upTo) implements Serializable {}

    /**
     * What is known of a plan's network.
     *
     * @param right a bit for each sample; null if the evaluator does not tell
     */
    record Result(double score, long[] right, int samples) implements Serializable {
        static Result of(Evaluation made) {
            return made.outcomes()
                    .map(outcomes -> new Result(made.score(), outcomes.right().toLongArray(), outcomes.samples()))
                    .orElseGet(() -> new Result(made.score(), null, 0));
        }

        Evaluation evaluation() {
            return right == null
                    ? Evaluation.of(score)
                    : Evaluation.of(SampleOutcomes.of(BitSet.valueOf(right), samples));
        }
    }

    static PlanTask of(Plan plan, PlanQueue<?> queue) {
        Map<LayerId, Choice> factored = queue.factoredUpTo(plan);
        List<Change> changes = new ArrayList<>();
        plan.changes()
                .forEach((layer, choice) -> changes.add(new Change(
                        layer.name(),
                        choice.form(),
                        new ArrayList<>(choice.sizes()),
                        new ArrayList<>(factored.get(layer).sizes()))));
        return new PlanTask(changes, queue.isQuick());
    }

    /** What it is on an executor. */
    Result evaluatedBy(PlanWorker<?> worker) {
        Map<LayerId, Decision> decisions = new LinkedHashMap<>();
        Map<LayerId, Choice> factored = new LinkedHashMap<>();
        changes.forEach(change -> {
            LayerId layer = new LayerId(change.layer());
            decisions.put(layer, new Decision.Change(new Choice(change.form(), change.sizes())));
            factored.put(layer, new Choice(change.form(), change.upTo()));
        });
        return Result.of(worker.evaluate(new Plan(decisions), factored, quick));
    }

    /** For people. */
    String described() {
        return changes.size() == 1
                ? changes.get(0).layer() + " " + changes.get(0).form() + " "
                        + changes.get(0).sizes()
                : changes.size() + " layers replaced";
    }
}
