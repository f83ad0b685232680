package dev.wsvd.pipeline;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.ScoreStore;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/** Fills the score table: every option that has no saved score is evaluated once, and saved before the next one begins. */
final class CandidateScorer<M> {
    private final Run<M> run;
    private final Optional<ScoreStore> store;
    private final PlanEvaluator<M> evaluator;

    CandidateScorer(Run<M> run, Optional<ScoreStore> store, PlanEvaluator<M> evaluator) {
        this.run = run;
        this.store = store;
        this.evaluator = evaluator;
    }

    /** The score of every option, and the baseline if anything can be evaluated. */
    ScoreRecord score(
            RunProblem<M> problem, Map<LayerId, List<Option>> options, ToDoubleBiFunction<LayerId, Option> ratios) {
        ScoreRecord saved = load();
        return new ScoreRecord(saved.model(), saved.evaluator(), complete(saved, problem, options, ratios));
    }

    private ScoreTable complete(
            ScoreRecord saved,
            RunProblem<M> problem,
            Map<LayerId, List<Option>> options,
            ToDoubleBiFunction<LayerId, Option> ratios) {
        ScoreTable table = saved.table();
        Map<Candidate, Option> missing = missing(table, options);
        boolean baselineMissing = run.scoring().possible() && table.baseline().isEmpty();
        if (missing.isEmpty() && !baselineMissing) {
            return table;
        }
        if (!run.scoring().possible()) {
            throw noEvaluator(missing, options);
        }
        decompose(problem, options, missing);
        run.scoring().expect(missing.size() + (baselineMissing ? 1 : 0));
        if (baselineMissing) {
            table = table.withBaseline(problem.baseline().score());
            save(saved, table);
        }
        List<Plan> plans = missing.keySet().stream()
                .map(candidate -> Plan.of(candidate.layer(), candidate.choice()))
                .toList();
        Iterator<Evaluation> made = evaluator.evaluate(run.model(), plans).iterator();
        for (Map.Entry<Candidate, Option> entry : missing.entrySet()) {
            Candidate candidate = entry.getKey();
            Evaluation evaluation = made.next();
            double ratio = ratios.applyAsDouble(candidate.layer(), entry.getValue());
            table = table.with(candidate, ratio, evaluation.score());
            save(saved, table);
            run.scoring().tell(candidate.layer() + ", " + entry.getValue().name(), evaluation);
        }
        return table;
    }

    private void decompose(RunProblem<M> problem, Map<LayerId, List<Option>> options, Map<Candidate, Option> missing) {
        Set<LayerId> needed = missing.keySet().stream().map(Candidate::layer).collect(Collectors.toSet());
        if (needed.isEmpty()) {
            return;
        }
        Map<Site, List<Option>> some = new LinkedHashMap<>();
        problem.sites().stream()
                .filter(site -> needed.contains(site.id()))
                .forEach(site -> some.put(site, options.get(site.id())));
        run.decomposed(some);
    }

    private static Map<Candidate, Option> missing(ScoreTable table, Map<LayerId, List<Option>> options) {
        Map<Candidate, Option> missing = new LinkedHashMap<>();
        options.forEach((layer, some) -> some.forEach(option -> {
            Candidate candidate = new Candidate(layer, option.choice());
            if (table.score(candidate).isEmpty()) {
                missing.put(candidate, option);
            }
        }));
        return missing;
    }

    private static InvalidInputException noEvaluator(
            Map<Candidate, Option> missing, Map<LayerId, List<Option>> options) {
        int all = options.values().stream().mapToInt(List::size).sum();
        Map.Entry<Candidate, Option> first = missing.entrySet().iterator().next();
        return new InvalidInputException("Selection needs the scores of " + all + " candidates, "
                + missing.size() + " are missing (the first: layer '"
                + first.getKey().layer() + "', " + first.getValue().name()
                + "), and there is no evaluator to make them. Maybe give data to evaluate on.");
    }

    /** What was saved, with what it says it belongs to; else an empty table of this model and evaluator. */
    private ScoreRecord load() {
        Optional<ScoreRecord> saved = store.flatMap(ScoreStore::load);
        saved.ifPresent(this::refuseForeignScores);
        return saved.orElseGet(() -> new ScoreRecord(
                Optional.of(run.model().identity()), run.scoring().identity(), ScoreTable.empty()));
    }

    private void refuseForeignScores(ScoreRecord saved) {
        ModelIdentity here = run.model().identity();
        saved.model()
                .ifPresentOrElse(
                        theirs -> {
                            if (!theirs.sha256().equals(here.sha256())) {
                                throw new InvalidInputException("The saved scores belong to another model: '"
                                        + theirs.name() + "' (sha256 " + abbreviated(theirs.sha256()) + "), this is '"
                                        + here.name() + "' (sha256 " + abbreviated(here.sha256())
                                        + "). Maybe use another scores file.");
                            }
                        },
                        () -> run.progress()
                                .notice("The saved scores do not say which model they belong to; used as given."));
        Optional<EvaluatorIdentity> evaluator = run.scoring().identity();
        if (saved.evaluator().isPresent()
                && run.scoring().possible()
                && !saved.evaluator().equals(evaluator)) {
            throw new InvalidInputException("The saved scores were made by "
                    + describe(saved.evaluator().get()) + ", this run evaluates with "
                    + evaluator.map(CandidateScorer::describe).orElse("something that does not say what it is")
                    + ". Maybe use another scores file.");
        }
        if (saved.evaluator().isEmpty()) {
            run.progress().notice("The saved scores do not say which evaluator made them; used as given.");
        }
    }

    /** A file that does not say what it belongs to goes on not saying it: nobody knows where its first scores are from. */
    private void save(ScoreRecord saved, ScoreTable table) {
        store.ifPresent(s -> s.save(new ScoreRecord(saved.model(), saved.evaluator(), table)));
    }

    private static String describe(EvaluatorIdentity evaluator) {
        String outputs = evaluator.outputs().isEmpty()
                ? ""
                : evaluator.outputs().stream().collect(Collectors.joining("', '", " of '", "'"));
        return evaluator.name() + outputs + " on " + evaluator.samples() + " samples (sha256 "
                + abbreviated(evaluator.sha256()) + ")";
    }

    static String abbreviated(String sha256) {
        return sha256.length() > 12 ? sha256.substring(0, 12) + "…" : sha256;
    }
}
