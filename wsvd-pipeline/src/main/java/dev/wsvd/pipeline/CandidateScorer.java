package dev.wsvd.pipeline;

import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.Evaluation;
import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.ScoreRecord;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.selection.CandidateOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Fills the score table: every candidate that has no saved score is evaluated once, and saved before the next one begins.
 */
final class CandidateScorer<M> {
    private final CompressibleModel<M> model;
    private final Optional<ScoreStore> store;
    private final Scoring<M> scoring;
    private final FactorCache factors;
    private final Stopwatch stopwatch;
    private final Progress progress;

    CandidateScorer(RunContext<M> run, Optional<ScoreStore> store) {
        this.model = run.model();
        this.store = store;
        this.scoring = run.scoring();
        this.factors = run.factors();
        this.stopwatch = run.stopwatch();
        this.progress = run.progress();
    }

    /** The score of every option, and the baseline if anything can be evaluated. */
    ScoreRecord score(List<Layer> layers, Map<LayerId, List<CandidateOption>> options) {
        ScoreRecord saved = load();
        return new ScoreRecord(saved.model(), saved.evaluator(), complete(saved, layers, options));
    }

    private ScoreTable complete(ScoreRecord saved, List<Layer> layers, Map<LayerId, List<CandidateOption>> options) {
        ScoreTable table = saved.table();
        List<CandidateOption> missing = missing(table, options);
        boolean baselineMissing = scoring.possible() && table.baseline().isEmpty();
        if (missing.isEmpty() && !baselineMissing) {
            return table;
        }
        if (!scoring.possible()) {
            throw noEvaluator(missing, options);
        }
        decompose(layers, options, missing);
        scoring.expect(missing.size() + (baselineMissing ? 1 : 0));
        if (baselineMissing) {
            Evaluation original = scoring.original(model.model());
            table = table.withBaseline(original.score());
            save(saved, table);
            scoring.tell("original", original);
        }
        Map<LayerId, Layer> byId = Layers.byId(layers);
        for (CandidateOption option : missing) {
            Candidate candidate = option.candidate();
            String name = candidate.layer() + ", " + candidate.split().unfolding() + " rank "
                    + candidate.split().rank();
            Layer layer = byId.get(candidate.layer());
            Evaluation made =
                    scoring.evaluate(model, List.of(factors.at(layer, candidate.split())), "the candidate " + name);
            table = table.with(candidate, option.ratio().toDouble(), made.score());
            save(saved, table);
            scoring.tell(name, made);
        }
        return table;
    }

    private void decompose(
            List<Layer> layers, Map<LayerId, List<CandidateOption>> options, List<CandidateOption> missing) {
        List<Layer> needed = layers.stream()
                .filter(layer ->
                        missing.stream().anyMatch(o -> o.candidate().layer().equals(layer.id())))
                .toList();
        if (needed.isEmpty()) {
            return;
        }
        progress.started(Stage.DECOMPOSE, needed.size());
        int done = 0;
        for (Layer layer : needed) {
            Candidate largest = options.get(layer.id()).stream()
                    .map(CandidateOption::candidate)
                    .max((a, b) -> Integer.compare(a.split().rank(), b.split().rank()))
                    .orElseThrow();
            stopwatch.time(
                    Stage.DECOMPOSE,
                    () -> factors.factors(
                            layer, largest.split().unfolding(), largest.split().rank()));
            progress.advanced(Stage.DECOMPOSE, ++done, needed.size(), layer.id().name(), OptionalDouble.empty());
        }
        progress.finished(Stage.DECOMPOSE);
    }

    private static List<CandidateOption> missing(ScoreTable table, Map<LayerId, List<CandidateOption>> options) {
        return options.values().stream()
                .flatMap(List::stream)
                .filter(option -> table.score(option.candidate()).isEmpty())
                .toList();
    }

    private InvalidInputException noEvaluator(
            List<CandidateOption> missing, Map<LayerId, List<CandidateOption>> options) {
        int all = options.values().stream().mapToInt(List::size).sum();
        return new InvalidInputException("Selection needs the scores of " + all + " candidates, "
                + missing.size() + " are missing (the first: layer '"
                + missing.get(0).candidate().layer() + "', "
                + missing.get(0).candidate().split().unfolding() + " rank "
                + missing.get(0).candidate().split().rank()
                + "), and there is no evaluator to make them. Maybe give data to evaluate on.");
    }

    /** What was saved, with what it says it belongs to; else an empty table of this model and evaluator. */
    private ScoreRecord load() {
        Optional<ScoreRecord> saved = store.flatMap(ScoreStore::load);
        saved.ifPresent(this::refuseForeignScores);
        return saved.orElseGet(
                () -> new ScoreRecord(Optional.of(model.identity()), scoring.identity(), ScoreTable.empty()));
    }

    private void refuseForeignScores(ScoreRecord saved) {
        ModelIdentity here = model.identity();
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
                        () -> progress.notice(
                                "The saved scores do not say which model they belong to; used as given."));
        Optional<EvaluatorIdentity> evaluator = scoring.identity();
        if (saved.evaluator().isPresent()
                && scoring.possible()
                && !saved.evaluator().equals(evaluator)) {
            throw new InvalidInputException("The saved scores were made by "
                    + describe(saved.evaluator().get()) + ", this run evaluates with "
                    + evaluator.map(CandidateScorer::describe).orElse("something that does not say what it is")
                    + ". Maybe use another scores file.");
        }
        if (saved.evaluator().isEmpty()) {
            progress.notice("The saved scores do not say which evaluator made them; used as given.");
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
