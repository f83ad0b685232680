package dev.wsvd.selection;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.score.WantedScores;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.domain.spi.SelectionProblem;
import dev.wsvd.factorization.ChannelPruning;
import dev.wsvd.factorization.SiblingSplit;
import dev.wsvd.factorization.SpatialSvd;
import dev.wsvd.factorization.WeightSvd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Real layers, schemes and costs; errors and scores are given. */
final class ListedProblem implements SelectionProblem {
    static final Schemes SCHEMES = new Schemes(List.of(new WeightSvd(), new SpatialSvd()));
    /** With cuts. */
    static final Schemes ALL_SCHEMES =
            new Schemes(List.of(new WeightSvd(), new SpatialSvd(), new ChannelPruning(), new SiblingSplit()));

    static final Costs COSTS = Costs.of(ALL_SCHEMES);

    private final List<Layer> layers;
    private final Metric metric;
    private final String form;
    private final List<Site> sites;
    private final Map<LayerId, List<Option>> series = new HashMap<>();
    private final Map<LayerId, Cost> before = new HashMap<>();
    private final List<String> notices = new ArrayList<>();
    private final List<List<Integer>> expected = new ArrayList<>();
    private int multiplicity = 1;
    private ScoreTable table = ScoreTable.empty();
    private long samples;
    private Set<Candidate> made = Set.of();
    private IntUnaryOperator order = candidates -> 0;
    private PlanOrigin origin = new PlanOrigin("test", Optional.empty(), false);
    private OptionalDouble baseline = OptionalDouble.empty();
    private ToDoubleBiFunction<Site, Option> errors = (site, option) -> unknown("errors");
    private Function<Site, List<Spectrum>> spectra = site -> List.of();
    private ToDoubleFunction<Plan> scores = plan -> unknown("scores");

    ListedProblem(List<Layer> layers, Metric metric, String form) {
        this(layers, metric, form, Set.of());
    }

    ListedProblem(List<Layer> layers, Metric metric, String form, Set<LayerId> ignored) {
        this(layers, List.of(), metric, form, ignored);
    }

    ListedProblem(List<Layer> layers, List<Coupling> couplings, Metric metric, String form, Set<LayerId> ignored) {
        this(layers, couplings, List.of(), metric, form, ignored);
    }

    ListedProblem(
            List<Layer> layers,
            List<Coupling> couplings,
            List<Siblings> siblings,
            Metric metric,
            String form,
            Set<LayerId> ignored) {
        this.layers = layers;
        this.metric = metric;
        this.form = form;
        this.sites = layers.stream()
                .map(layer -> new Site(
                        new Place(
                                layer,
                                couplings.stream()
                                        .filter(coupling -> coupling.layer().equals(layer))
                                        .findFirst(),
                                siblings.stream()
                                        .filter(some -> some.layer().equals(layer))
                                        .findFirst()),
                        COSTS.of(layer),
                        layer.unsupportedReason()
                                .or(() -> Optional.of("ignored").filter(reason -> ignored.contains(layer.id())))))
                .toList();
    }

    private static double unknown(String what) {
        throw new AssertionError("no " + what + " were given");
    }

    ListedProblem withMultiplicity(int value) {
        multiplicity = value;
        return this;
    }

    ListedProblem withErrors(ToDoubleBiFunction<Site, Option> given) {
        errors = given;
        return this;
    }

    ListedProblem withSpectra(Function<Site, List<Spectrum>> given) {
        spectra = given;
        return this;
    }

    /** Scores of the network with one layer changed. */
    ListedProblem withScores(ScoreTable given) {
        table = given;
        return this;
    }

    /** Number of samples behind each score. */
    ListedProblem withSamples(long given) {
        samples = given;
        return this;
    }

    /** Scores of the network after a plan. */
    ListedProblem withScores(double original, ToDoubleFunction<Plan> given) {
        baseline = OptionalDouble.of(original);
        scores = given;
        return this;
    }

    ListedProblem withOrigin(PlanOrigin given) {
        origin = given;
        return this;
    }

    /** What the user was told. */
    List<String> notices() {
        return notices;
    }

    /** What {@link #expect} was called with. */
    List<List<Integer>> expected() {
        return expected;
    }

    /** The site of a layer. */
    Site site(String name) {
        return sites.stream()
                .filter(site -> site.id().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public List<Site> sites() {
        return sites;
    }

    @Override
    public Metric metric() {
        return metric;
    }

    @Override
    public Cost cost(Plan plan) {
        return COSTS.of(sites.stream().map(Site::place).toList(), plan);
    }

    @Override
    public Cost cost(Site site, Choice choice) {
        return COSTS.of(site.place(), choice);
    }

    @Override
    public Cost cost(Site site, Shrink shrink) {
        return COSTS.of(site.layer(), shrink);
    }

    @Override
    public Cost before(Site site) {
        return before.computeIfAbsent(
                site.id(),
                id -> choices(site).stream()
                        .findFirst()
                        .filter(choice -> site.keepReason().isEmpty())
                        .map(choice -> COSTS.before(site.place(), choice))
                        .orElse(site.cost()));
    }

    private List<Choice> choices(Site site) {
        return ALL_SCHEMES.of(form).series(site.place(), form, 1);
    }

    @Override
    public String form(Site site) {
        return form;
    }

    @Override
    public List<Option> series(Site site) {
        return series.computeIfAbsent(
                site.id(),
                id -> saving(site, choices(site).stream(), Set.of(metric)).stream()
                        .filter(option ->
                                option.cost().of(metric) < before(site).of(metric))
                        .toList());
    }

    private List<Option> saving(Site site, Stream<Choice> choices, Set<Metric> metrics) {
        return site.keepReason().isPresent()
                ? List.of()
                : choices.map(choice -> COSTS.option(site.place(), choice))
                        .filter(option -> !option.isAlone()
                                || metrics.stream()
                                        .anyMatch(some -> option.cost().of(some)
                                                < site.cost().of(some)))
                        .toList();
    }

    @Override
    public int multiplicity(Site site) {
        return multiplicity;
    }

    @Override
    public List<Option> multiples(Site site) {
        return series(site).stream()
                .filter(option -> option.choice().sizes().stream().allMatch(size -> size % multiplicity == 0))
                .toList();
    }

    @Override
    public List<Option> options(Site site, Set<Metric> metrics) {
        return saving(
                site,
                ALL_SCHEMES.forms().stream()
                        .flatMap(some -> ALL_SCHEMES.of(some).choices(site.place(), some, multiplicity).stream()),
                metrics);
    }

    @Override
    public void requireCost() {
        if (cost(Plan.NONE).of(metric) == 0) {
            throw new InvalidInputException("Nobody knows what the model costs.");
        }
    }

    @Override
    public ToDoubleBiFunction<Site, Option> errors(Map<Site, List<Option>> options) {
        return errors;
    }

    @Override
    public Map<Site, List<Spectrum>> spectra(List<Site> some) {
        return some.stream().collect(Collectors.toMap(site -> site, spectra));
    }

    @Override
    public ToDoubleBiFunction<Site, Option> losses(Map<Site, List<Option>> options) {
        return (site, option) -> Math.pow(errors.applyAsDouble(site, option), 2);
    }

    @Override
    public boolean canScore() {
        return baseline.isPresent();
    }

    @Override
    public void expect(int quickScores, int scores) {
        expected.add(List.of(quickScores, scores));
    }

    @Override
    public Evaluation baseline() {
        return Evaluation.of(baseline.orElseThrow());
    }

    /** Gives no score that was not certain to be wanted, and looks whether that stays so until it is there. */
    @Override
    public ScoreRecord scores(
            Map<LayerId, Map<Option, CompressionRatio>> candidates, Function<ScoreRecord, WantedScores> wanted) {
        ScoreRecord known = record(ScoreTable.of(table.baseline(), Map.of()));
        List<Candidate> next = next(known, wanted);
        while (!next.isEmpty()) {
            Candidate candidate = next.get(order.applyAsInt(next.size()));
            if (table.score(candidate).isEmpty()) {
                break;
            }
            double score = table.score(candidate).getAsDouble();
            known = record(known.table().with(candidate, 0, score));
            List<Candidate> others = new ArrayList<>(next);
            others.remove(candidate);
            next = next(known, wanted);
            if (!next.containsAll(others)) {
                throw new IllegalStateException(others + " were certain, and now only " + next);
            }
        }
        made = known.table().entries().keySet();
        return known;
    }

    private static List<Candidate> next(ScoreRecord known, Function<ScoreRecord, WantedScores> wanted) {
        return wanted.apply(known).certain().stream()
                .filter(candidate -> known.table().score(candidate).isEmpty())
                .toList();
    }

    /** This problem, where of the candidates that are wanted the one is scored next whose number this gives for their number. */
    ListedProblem inOrder(IntUnaryOperator chosen) {
        order = chosen;
        return this;
    }

    private ScoreRecord record(ScoreTable some) {
        return new ScoreRecord(Optional.empty(), Optional.of(new EvaluatorIdentity("accuracy", samples, "")), some);
    }

    /** How many scores of candidates were wanted. */
    int made() {
        return made.size();
    }

    /** The candidates that were wanted. */
    Set<Candidate> madeOf() {
        return made;
    }

    @Override
    public Map<Plan, Evaluation> quickScores(Map<Plan, String> plans) {
        return planScores(plans);
    }

    @Override
    public Map<Plan, Evaluation> planScores(Map<Plan, String> plans) {
        Map<Plan, Evaluation> made = new LinkedHashMap<>();
        plans.keySet().forEach(plan -> made.put(plan, Evaluation.of(scores.applyAsDouble(plan))));
        return made;
    }

    @Override
    public PlanOrigin origin() {
        return origin;
    }

    @Override
    public void notice(String text) {
        notices.add(text);
    }
}
