package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.PlanQueue;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The plans of a run that are evaluated now, whose progress is told. */
final class EvaluationQueue<M> implements PlanQueue<M> {
    /** Which plans are wanted. */
    interface Demand {
        /** Plans that are wanted whatever the others score, of which some may be there. */
        List<Plan> wanted();

        /** How many are wanted yet, at most. */
        int atMost();

        /** Keeps an evaluation. */
        void keep(Plan plan, Evaluation evaluation);

        /** Tells of one that is kept. */
        void tell(Plan plan, Evaluation evaluation);
    }

    private final Run<M> run;
    private final Networks<M> networks;
    private final boolean quick;
    private final Demand demand;
    private final Set<Plan> taken = new HashSet<>();
    private final Set<Plan> made = new HashSet<>();
    /** Of the evaluations that go on, what share is done. */
    private final Map<Plan, Double> shares = new HashMap<>();

    EvaluationQueue(Run<M> run, Networks<M> networks, boolean quick, Demand demand) {
        this.run = run;
        this.networks = networks;
        this.quick = quick;
        this.demand = demand;
    }

    /** Has all that are wanted evaluated. */
    void evaluatedBy(PlanEvaluator<M> evaluator) {
        if (atMost() > 0) {
            run.progress().step(Stage.EVALUATE, "networks", 0, () -> {
                evaluator.evaluate(this);
                return null;
            });
        }
    }

    @Override
    public CompressibleModel<M> original() {
        return run.model();
    }

    @Override
    public boolean isQuick() {
        return quick;
    }

    @Override
    public synchronized int atMost() {
        return demand.atMost();
    }

    @Override
    public boolean saveLearnt(MomentsStore to) {
        return run.calibrated().save(to);
    }

    @Override
    public Map<LayerId, Choice> factoredUpTo(Plan plan) {
        Map<LayerId, Choice> largest = new LinkedHashMap<>();
        plan.changes()
                .forEach((layer, choice) -> largest.put(layer, run.factors().upTo(layer, choice)));
        return largest;
    }

    @Override
    public synchronized Optional<Plan> next() {
        Optional<Plan> next =
                demand.wanted().stream().filter(plan -> !taken.contains(plan)).findFirst();
        next.ifPresent(taken::add);
        return next;
    }

    @Override
    public synchronized void made(Plan plan, Evaluation evaluation) {
        if (made.add(plan)) {
            run.scoring().count();
            demand.keep(plan, evaluation);
            advance(plan, 1);
            demand.tell(plan, evaluation);
        }
    }

    @Override
    public Evaluation evaluate(CompressibleModel<M> model, Plan plan) {
        String what = described(plan);
        try (CompressibleModel<M> candidate = networks.of(model, plan, quick)) {
            run.progress().doing(Stage.EVALUATE, what);
            return run.scoring().evaluate(candidate.model(), what, part -> advance(plan, part));
        }
    }

    private synchronized void advance(Plan plan, double part) {
        double before = shares.getOrDefault(plan, 0.0);
        double now = Math.min(1, before + part);
        shares.put(plan, now);
        run.progress().did(Stage.EVALUATE, (now - before) * run.workload().evaluation());
    }

    private static String described(Plan plan) {
        return plan.changes().size() == 1
                ? plan.changes().entrySet().stream()
                        .map(change -> "the network with layer '" + change.getKey() + "' at " + change.getValue())
                        .findFirst()
                        .orElseThrow()
                : "the network with " + plan.changes().size() + " layers replaced";
    }
}
