package dev.wsvd.pipeline;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
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
import dev.wsvd.domain.score.WantedScores;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.ScoreStore;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Fills the score table: every candidate that is wanted and has no saved score is evaluated once, and saved at once. */
final class CandidateScorer<M> {
    private final Run<M> run;
    private final Optional<ScoreStore> store;
    private final PlanEvaluator<M> evaluator;
    private final Networks<M> networks;
    private Optional<ScoreRecord> made = Optional.empty();

    CandidateScorer(Run<M> run, Optional<ScoreStore> store, PlanEvaluator<M> evaluator, Networks<M> networks) {
        this.run = run;
        this.store = store;
        this.evaluator = evaluator;
        this.networks = networks;
    }

    /** The scores that there are when no more are wanted, and the baseline if anything can be evaluated. */
    ScoreRecord score(
            RunProblem<M> problem,
            Map<LayerId, Map<Option, CompressionRatio>> options,
            Function<ScoreRecord, WantedScores> wanted) {
        made = Optional.of(load());
        Table table = new Table(options, wanted);
        List<Candidate> missing = table.missing();
        boolean baselineMissing =
                run.scoring().possible() && made.get().table().baseline().isEmpty();
        if (!missing.isEmpty()) {
            requireEvaluator(missing.get(0), table.candidates);
        }
        run.outlook().expectScores(missing.size() + (baselineMissing ? 1 : 0), 0);
        options.forEach((layer, some) ->
                some.keySet().forEach(option -> run.factors().expect(layer, option.choice())));
        if (evaluator.makesNetworksHere()) {
            decompose(problem, options, missing);
        } else if (!missing.isEmpty()) {
            run.calibrated().learn();
        }
        if (baselineMissing) {
            table.save(made.get().table().withBaseline(problem.baseline().score()));
        }
        new EvaluationQueue<>(run, networks, true, table).evaluatedBy(evaluator);
        return made.get();
    }

    /** The table that is filled, in an order that does not depend on when a score is made. */
    private final class Table implements EvaluationQueue.Demand {
        private final Function<ScoreRecord, WantedScores> wanted;
        private final Map<Candidate, Named> candidates;
        private final Map<Candidate, Integer> order = new HashMap<>();

        Table(Map<LayerId, Map<Option, CompressionRatio>> options, Function<ScoreRecord, WantedScores> wanted) {
            this.wanted = wanted;
            this.candidates = named(options);
            candidates.keySet().forEach(candidate -> order.put(candidate, order.size()));
        }

        List<Candidate> missing() {
            return missing(WantedScores::possible);
        }

        private List<Candidate> missing(Function<WantedScores, List<Candidate>> some) {
            ScoreRecord scores = made.orElseThrow();
            return some.apply(wanted.apply(scores)).stream()
                    .filter(candidate -> scores.table().score(candidate).isEmpty())
                    .toList();
        }

        @Override
        public List<Plan> wanted() {
            return missing(WantedScores::certain).stream()
                    .map(candidate -> Plan.of(candidate.layer(), candidate.choice()))
                    .toList();
        }

        @Override
        public int atMost() {
            return missing().size();
        }

        @Override
        public void made(Plan plan, Evaluation evaluation) {
            Candidate candidate = plan.changes().entrySet().stream()
                    .map(change -> new Candidate(change.getKey(), change.getValue()))
                    .findFirst()
                    .orElseThrow();
            Named named = candidates.get(candidate);
            save(made.orElseThrow().table().with(candidate, named.ratio().toDouble(), evaluation.score()));
            run.outlook().expectScores(missing().size(), 0);
            run.scoring().tell(candidate.layer() + ", " + named.option().name(), evaluation);
        }

        /** A file that does not say what it belongs to goes on not saying it: nobody knows where its first scores are from. */
        private void save(ScoreTable table) {
            ScoreRecord before = made.orElseThrow();
            ScoreRecord now = new ScoreRecord(before.model(), before.evaluator(), inOrder(table));
            store.ifPresent(s -> s.save(now));
            made = Optional.of(now);
        }

        /** Those that are not looked for come first, as they were. */
        private ScoreTable inOrder(ScoreTable table) {
            Map<Candidate, ScoreTable.Entry> sorted = new LinkedHashMap<>();
            table.entries().entrySet().stream()
                    .sorted(Comparator.comparingInt(entry -> order.getOrDefault(entry.getKey(), -1)))
                    .forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
            return ScoreTable.of(table.baseline(), sorted);
        }
    }

    /** The scores that there are by now, if any are looked for. */
    Optional<ScoreRecord> made() {
        return made;
    }

    /** A candidate for the reader. */
    private record Named(Option option, CompressionRatio ratio) {}

    private static Map<Candidate, Named> named(Map<LayerId, Map<Option, CompressionRatio>> options) {
        Map<Candidate, Named> named = new LinkedHashMap<>();
        options.forEach((layer, some) -> some.forEach(
                (option, ratio) -> named.put(new Candidate(layer, option.choice()), new Named(option, ratio))));
        return named;
    }

    private void requireEvaluator(Candidate missing, Map<Candidate, Named> candidates) {
        if (!run.scoring().possible()) {
            throw new InvalidInputException("Selection needs the score of layer '" + missing.layer() + "', "
                    + candidates.get(missing).option().name()
                    + ", which is not among saved scores, and there is no evaluator to make it. Maybe give data to"
                    + " evaluate on.");
        }
    }

    private void decompose(
            RunProblem<M> problem, Map<LayerId, Map<Option, CompressionRatio>> options, List<Candidate> missing) {
        Set<LayerId> needed = missing.stream().map(Candidate::layer).collect(Collectors.toSet());
        Map<Site, List<Option>> some = new LinkedHashMap<>();
        problem.sites().stream()
                .filter(site -> needed.contains(site.id()))
                .forEach(site ->
                        some.put(site, List.copyOf(options.get(site.id()).keySet())));
        run.decomposed(some);
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
