package dev.wsvd.pipeline;

import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoredPlan;
import dev.wsvd.domain.spi.PlanEvaluator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Evaluates whole networks, the original too: each that has no saved evaluation once, and saved at once. */
final class PlanScorer<M> {
    private final Run<M> run;
    private final ScoreBook<M> book;
    private final PlanEvaluator<M> evaluator;
    private final Networks<M> networks;
    private Optional<Evaluation> baseline = Optional.empty();

    PlanScorer(Run<M> run, ScoreBook<M> book, PlanEvaluator<M> evaluator, Networks<M> networks) {
        this.run = run;
        this.book = book;
        this.evaluator = evaluator;
        this.networks = networks;
    }

    /** The original's. */
    Evaluation baseline() {
        if (baseline.isEmpty()) {
            baseline = book.of(ScoredPlan.ORIGINAL);
            baseline.ifPresent(run.scoring()::originalIs);
        }
        if (baseline.isEmpty()) {
            Evaluation made = run.scoring().original(run.model().model());
            baseline = Optional.of(made);
            book.addOriginal(made);
            run.scoring().tell("original", made);
        }
        return baseline.get();
    }

    /**
     * Those of the networks after plans, in the order given.
     *
     * @param plans with a name for progress
     * @param quickly with factors as they are
     */
    Map<Plan, Evaluation> score(Map<Plan, String> plans, boolean quickly) {
        plans.keySet().forEach(plan -> plan.changes().forEach(run.factors()::expect));
        Wanted wanted = new Wanted(plans, quickly);
        if (!evaluator.isHere() && wanted.atMost() > 0) {
            run.calibrated().learn();
        }
        new EvaluationQueue<>(run, networks, quickly, wanted).evaluatedBy(evaluator);
        return wanted.made();
    }

    private final class Wanted implements EvaluationQueue.Demand {
        private final Map<Plan, String> plans;
        private final boolean quickly;
        private final Map<Plan, ScoredPlan> kept = new LinkedHashMap<>();

        Wanted(Map<Plan, String> plans, boolean quickly) {
            this.plans = plans;
            this.quickly = quickly;
            plans.keySet().forEach(plan -> kept.put(plan, networks.scored(plan, quickly)));
        }

        @Override
        public List<Plan> wanted() {
            return plans.keySet().stream()
                    .filter(plan -> book.of(kept.get(plan)).isEmpty())
                    .toList();
        }

        @Override
        public int atMost() {
            return wanted().size();
        }

        @Override
        public void keep(Plan plan, Evaluation evaluation) {
            book.add(kept.get(plan), evaluation, List.copyOf(kept.values()));
        }

        @Override
        public void tell(Plan plan, Evaluation evaluation) {
            run.scoring().tell(plans.get(plan), evaluation);
            if (!quickly) {
                run.outlook().planDone();
            }
        }

        Map<Plan, Evaluation> made() {
            Map<Plan, Evaluation> made = new LinkedHashMap<>();
            kept.forEach((plan, key) -> made.put(plan, book.of(key).orElseThrow()));
            return made;
        }
    }
}
