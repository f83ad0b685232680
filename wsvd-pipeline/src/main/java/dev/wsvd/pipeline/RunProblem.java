package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.WantedScores;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.pipeline.Reselection.Change;
import dev.wsvd.quantization.Int8Scheme;
import dev.wsvd.selection.LayerGlob;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;

/** What a selection may know of a run's model. */
final class RunProblem<M> implements SelectionProblem {
    /**
     * What ranks there are to choose from.
     *
     * @param forms of these schemes, of which each layer has the first that suits it where it has one
     */
    record Terms(Metric metric, Schemes schemes, List<String> forms, Multiples multiples) {
        Terms fast() {
            return new Terms(metric, schemes, forms, multiples.fast());
        }
    }

    private final Run<M> run;
    private Terms terms;
    private final ScoreBook<M> book;
    private final CandidateScorer<M> candidates;
    private final PlanScorer<M> plans;
    private final FasterCuts fasterCuts;
    private final Optional<Int8<M>> bits;
    private final Set<LayerId> kept;
    private List<Site> sites;
    private Optional<Boolean> splits = Optional.empty();
    private boolean faster;
    private Set<Change> leftOut = Set.of();
    private final Considered considered = new Considered();

    /** @param bits where they are a choice of the selection */
    RunProblem(
            Run<M> run,
            Terms terms,
            Collection<String> ignored,
            ScoreBook<M> book,
            PlanEvaluator<M> evaluator,
            Networks<M> networks,
            Optional<Int8<M>> bits) {
        this.run = run;
        this.terms = terms;
        this.book = book;
        this.candidates = new CandidateScorer<>(run, book, evaluator, networks);
        this.plans = new PlanScorer<>(run, book, evaluator, networks);
        this.bits = bits;
        this.fasterCuts = new FasterCuts(run.model(), () -> terms, run.progress()::notice);
        this.kept = LayerGlob.all(List.copyOf(ignored), run.layers());
        this.sites = costed();
    }

    private List<Site> costed() {
        return run.places().stream()
                .map(place -> new Site(
                        withoutIgnored(place, kept), run.costs().of(place.layer()), keepReason(place.layer(), kept)))
                .toList();
    }

    /** A coupling with a layer that is ignored is left alone too, and so are siblings. */
    static Place withoutIgnored(Place place, Set<LayerId> ignored) {
        return new Place(
                place.layer(),
                place.coupling().filter(coupling -> hasNone(coupling.layers(), ignored)),
                place.siblings().filter(siblings -> hasNone(siblings.layers(), ignored)));
    }

    private static boolean hasNone(List<Layer> layers, Set<LayerId> ignored) {
        return layers.stream().noneMatch(layer -> ignored.contains(layer.id()));
    }

    private static Optional<String> keepReason(Layer layer, Set<LayerId> ignored) {
        return layer.unsupportedReason()
                .or(() -> ignored.contains(layer.id()) ? Optional.of("ignored") : Optional.empty());
    }

    @Override
    public List<Site> sites() {
        return sites;
    }

    @Override
    public Metric metric() {
        return terms.metric();
    }

    @Override
    public Cost cost(Plan plan) {
        return run.costs().of(run.places(), plan);
    }

    @Override
    public Cost cost(Site site, Choice choice) {
        return run.costs().of(site.place(), choice);
    }

    @Override
    public Cost cost(Site site, Shrink shrink) {
        return run.costs().of(site.layer(), shrink);
    }

    @Override
    public Cost before(Site site) {
        return series(site.place(), form(site), 1).stream()
                .findFirst()
                .filter(choice -> site.keepReason().isEmpty())
                .map(choice -> run.costs().before(site.place(), choice))
                .orElse(site.cost());
    }

    @Override
    public String form(Site site) {
        return terms.forms().stream()
                .filter(form -> !series(site.place(), form, 1).isEmpty())
                .findFirst()
                .orElse(terms.forms().get(0));
    }

    private List<Choice> series(Place place, String form, int multiple) {
        return terms.schemes().of(form).series(place, form, multiple);
    }

    @Override
    public int multiplicity(Site site) {
        return terms.multiples().of(site.place());
    }

    @Override
    public List<Option> series(Site site) {
        return series(site, 1);
    }

    @Override
    public List<Option> multiples(Site site) {
        return series(site, multiplicity(site));
    }

    private List<Option> series(Site site, int multiple) {
        return saving(site, series(site.place(), form(site), multiple), Set.of(terms.metric()));
    }

    /**
     * Without knowledge of inputs what changes several layers, such as cuts, competes with its like, and not with splits of one: what
     * units of unknown mean and correlation are worth, weights do not tell, and of splits they tell more.
     */
    @Override
    public List<Option> options(Site site, Set<Metric> metrics) {
        return run.calibrated().hasMoments() || !hasSplits()
                ? possible(site, metrics).stream()
                        .filter(option -> fasterCuts.allow(site, option))
                        .toList()
                : splits(site, metrics);
    }

    /** From now on only those options of sizes that the engine likes that are predicted to take less time than what they replace. */
    void requireFaster() {
        terms = terms.fast();
        sites = costed();
        splits = Optional.empty();
        faster = true;
    }

    /** From now on these changes are no options. */
    void leaveOut(Collection<Change> changes) {
        leftOut = Set.copyOf(changes);
        splits = Optional.empty();
    }

    private boolean hasSplits() {
        if (splits.isEmpty()) {
            splits = Optional.of(sites.stream()
                    .anyMatch(site -> !splits(site, Set.of(terms.metric())).isEmpty()));
        }
        return splits.get();
    }

    @Override
    public List<Option> splits(Site site, Set<Metric> metrics) {
        return possible(site, metrics).stream().filter(Option::isAlone).toList();
    }

    private List<Option> possible(Site site, Set<Metric> metrics) {
        List<Choice> choices = terms.schemes().forms().stream()
                .filter(form -> !terms.schemes().of(form).isRepeated(site.place(), form))
                .flatMap(form -> terms.schemes().of(form).choices(site.place(), form, multiplicity(site)).stream())
                .toList();
        return saving(site, choices, metrics);
    }

    private List<Option> saving(Site site, List<Choice> choices, Set<Metric> metrics) {
        if (site.keepReason().isPresent()) {
            return List.of();
        }
        Map<String, Cost> beforeForms = new HashMap<>();
        return choices.stream()
                .filter(choice -> !leftOut.contains(new Change(site.id(), choice.form())))
                .map(choice -> run.costs().option(site.place(), choice))
                .filter(option -> {
                    Cost before = option.isAlone()
                            ? site.cost()
                            : beforeForms.computeIfAbsent(
                                    option.choice().form(), form -> run.costs().before(site.place(), option.choice()));
                    return metrics.stream().anyMatch(metric -> saves(option, before, metric))
                            && (!faster || saves(option, before, Metric.LATENCY));
                })
                .toList();
    }

    private static boolean saves(Option option, Cost before, Metric metric) {
        return option.cost().of(metric) < before.of(metric);
    }

    @Override
    public void requireCost() {
        if (sites.isEmpty()) {
            throw new InvalidInputException(
                    "The model has no layer that multiplies by a stored weight, so there is nothing to compress.");
        }
        if (cost(Plan.NONE).of(terms.metric()) == 0) {
            throw new InvalidInputException("The model's " + terms.metric()
                    + " cost is unknown: the size of no layer could be"
                    + " determined. Maybe give the shapes of its inputs (--input-shape).");
        }
    }

    @Override
    public ToDoubleBiFunction<Site, Option> errors(Map<Site, List<Option>> options) {
        run.decomposed(options);
        options.forEach(considered::compared);
        return this::error;
    }

    private double error(Site site, Option option) {
        return run.factors().error(site.place(), option.choice());
    }

    @Override
    public Map<Site, List<Spectrum>> spectra(List<Site> some) {
        Map<Site, Choice> largest = new LinkedHashMap<>();
        some.forEach(site -> {
            List<Choice> choices = series(site.place(), form(site), 1);
            largest.put(site, choices.get(choices.size() - 1));
        });
        return run.spectra(largest);
    }

    @Override
    public ToDoubleBiFunction<Site, Option> losses(Map<Site, List<Option>> options) {
        ToDoubleBiFunction<Site, Option> predicted = predicted(options);
        considered.weighed(options, predicted);
        return predicted;
    }

    private ToDoubleBiFunction<Site, Option> predicted(Map<Site, List<Option>> options) {
        ToDoubleBiFunction<Site, Option> missing = (site, option) -> {
            double error = error(site, option);
            return error * error;
        };
        if (bits.isEmpty()) {
            return new Sensitivities<>(run, missing).losses(options);
        }
        if (bits.get().isToWeigh()) {
            run.progress().step(Stage.WEIGH, "layers in int8", run.workload().finishing(), () -> {
                bits.get().weigh(run.progress().within());
                return null;
            });
        }
        Map<Site, List<Option>> others = new LinkedHashMap<>();
        options.forEach((site, some) -> others.put(
                site,
                some.stream().filter(option -> !Int8.isInt8(option.choice())).toList()));
        ToDoubleBiFunction<Site, Option> fitted = new Sensitivities<>(run, missing).losses(others);
        return (site, option) -> (Int8.isInt8(option.choice()) ? 0 : fitted.applyAsDouble(site, option))
                + bits.get().loss(site, option, this::roundingError);
    }

    private double roundingError(LayerId layer) {
        return run.factors().error(run.place(layer), Int8Scheme.CHOICE);
    }

    @Override
    public boolean canScore() {
        return run.scoring().possible();
    }

    @Override
    public void expect(int quickScores, int scores) {
        run.outlook().expectScores(quickScores, scores);
    }

    @Override
    public Evaluation baseline() {
        return plans.baseline();
    }

    @Override
    public ScoreRecord scores(
            Map<LayerId, Map<Option, CompressionRatio>> options, Function<ScoreRecord, WantedScores> wanted) {
        sites.stream()
                .filter(site -> options.containsKey(site.id()))
                .forEach(
                        site -> considered.compared(site, options.get(site.id()).keySet()));
        return candidates.score(this, options, wanted);
    }

    @Override
    public Map<Plan, Evaluation> quickScores(Map<Plan, String> named) {
        return scored(named, true);
    }

    @Override
    public Map<Plan, Evaluation> planScores(Map<Plan, String> named) {
        return scored(named, false);
    }

    private Map<Plan, Evaluation> scored(Map<Plan, String> named, boolean quickly) {
        Map<Plan, Evaluation> made = plans.score(named, quickly);
        made.forEach((plan, evaluation) -> considered.tried(named.get(plan), cost(plan), evaluation));
        return made;
    }

    @Override
    public Evaluation planScore(Plan plan, String name) {
        run.outlook().replacing(plan);
        return SelectionProblem.super.planScore(plan, name);
    }

    Considered considered() {
        return considered;
    }

    @Override
    public PlanOrigin origin() {
        return run.origin();
    }

    @Override
    public void notice(String text) {
        run.progress().notice(text);
    }

    /** The scores that were made, the original's at least if anything can be scored. */
    ScoreRecord scored() {
        if (canScore() && book.record().table().baseline().isEmpty()) {
            expect(1, 0);
            baseline();
        }
        return book.record();
    }

    /** The scores that there are by now. */
    ScoreRecord scoredSoFar() {
        return book.soFar();
    }
}
