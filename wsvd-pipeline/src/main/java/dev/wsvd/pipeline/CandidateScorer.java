package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.WantedScores;
import dev.wsvd.domain.spi.PlanEvaluator;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Fills the score table: every candidate that is wanted and has no saved score is evaluated once, and saved at once. */
final class CandidateScorer<M> {
    private final Run<M> run;
    private final ScoreBook<M> book;
    private final PlanEvaluator<M> evaluator;
    private final Networks<M> networks;

    CandidateScorer(Run<M> run, ScoreBook<M> book, PlanEvaluator<M> evaluator, Networks<M> networks) {
        this.run = run;
        this.book = book;
        this.evaluator = evaluator;
        this.networks = networks;
    }

    /** The scores that there are when no more are wanted, and the baseline if anything can be evaluated. */
    ScoreRecord score(
            RunProblem<M> problem,
            Map<LayerId, Map<Option, CompressionRatio>> options,
            Function<ScoreRecord, WantedScores> wanted) {
        Table table = new Table(options, wanted);
        List<Candidate> missing = table.missing();
        boolean baselineMissing =
                run.scoring().possible() && book.record().table().baseline().isEmpty();
        if (!missing.isEmpty()) {
            requireEvaluator(missing.get(0), table.candidates);
        }
        run.outlook().expectScores(missing.size() + (baselineMissing ? 1 : 0), 0);
        options.forEach((layer, some) ->
                some.keySet().forEach(option -> run.factors().expect(layer, option.choice())));
        if (evaluator.isHere()) {
            decompose(problem, options, missing);
        } else if (!missing.isEmpty()) {
            run.calibrated().learn();
        }
        if (baselineMissing) {
            problem.baseline();
        }
        new EvaluationQueue<>(run, networks, true, table).evaluatedBy(evaluator);
        return book.record();
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
            ScoreRecord scores = book.record();
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
        public void keep(Plan plan, Evaluation evaluation) {
            Candidate candidate = candidate(plan);
            ScoreRecord scores = book.record();
            double ratio = candidates.get(candidate).ratio().toDouble();
            book.save(scores.with(inOrder(scores.table().with(candidate, ratio, evaluation.score()))));
        }

        @Override
        public void tell(Plan plan, Evaluation evaluation) {
            Candidate candidate = candidate(plan);
            run.outlook().expectScores(missing().size(), 0);
            run.scoring()
                    .tell(
                            candidate.layer() + ", "
                                    + candidates.get(candidate).option().name(),
                            evaluation);
        }

        private static Candidate candidate(Plan plan) {
            return plan.changes().entrySet().stream()
                    .map(change -> new Candidate(change.getKey(), change.getValue()))
                    .findFirst()
                    .orElseThrow();
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
}
