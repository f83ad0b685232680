package dev.wsvd.domain.spi;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;

/**
 * What a {@link Selector} may know, made when it is asked for: costs at once, predicted errors by decomposing layers, scores by
 * running models.
 */
public interface SelectionProblem {
    /** Every layer of the model, in order. */
    List<Site> sites();

    /** What a target limits. */
    Metric metric();

    /** The cost of the whole model after a plan. */
    Cost cost(Plan plan);

    /**
     * The cost of one layer after a choice.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if there is no such form, or the layer has no such choice
     */
    Cost cost(Site site, Choice choice);

    /** The cost of a layer with fewer channels. */
    Cost cost(Site site, Shrink shrink);

    /** What the layers that {@link #series} of a site changes cost as they are: its own, all of its coupling, or its siblings. */
    Cost before(Site site);

    /** The form that a site has in selections that go along one line: the one that was asked for, else the first that suits it. */
    String form(Site site);

    /**
     * The options of a site in {@link #form}, from the smallest to the largest, that cost less than {@link #before} in
     * {@link #metric()}. None for a site that is kept.
     */
    List<Option> series(Site site);

    /** What ranks at a site are to be multiples of, at least 1. */
    int multiplicity(Site site);

    /** Those of {@link #series} whose ranks are such multiples. */
    List<Option> multiples(Site site);

    /** The options of a site in every form, ranks being such multiples, that cost less in one of some metrics. */
    List<Option> options(Site site, Set<Metric> metrics);

    /** Those of the {@link #options} that there may be which change their site's layer alone. */
    default List<Option> splits(Site site, Set<Metric> metrics) {
        return options(site, metrics).stream().filter(Option::isAlone).toList();
    }

    /** @throws dev.wsvd.domain.error.InvalidInputException if there is nothing to make smaller, or nobody knows what it costs */
    void requireCost();

    /**
     * Predicted relative errors of options, for each layer in isolation; layers are decomposed now.
     *
     * @param options those that will be asked for
     */
    ToDoubleBiFunction<Site, Option> errors(Map<Site, List<Option>> options);

    /**
     * The singular values of sites' weights, unfolded as their {@link #form} does, one matrix per group, whatever is known of inputs;
     * layers are decomposed now. None of a site whose form decomposes something else.
     */
    Map<Site, List<Spectrum>> spectra(List<Site> sites);

    /**
     * Predicted losses of options: squared errors, weighted by how much an error of the layer's output changes the model's, if that
     * can be measured.
     *
     * @param options those that will be asked for
     */
    ToDoubleBiFunction<Site, Option> losses(Map<Site, List<Option>> options);

    /** Whether there is an evaluator. */
    boolean canScore();

    /**
     * Says how many evaluations are to come, about; for progress alone.
     *
     * @param quickScores of the original and by {@link #quickScores}
     * @param scores by {@link #planScores}
     */
    void expect(int quickScores, int scores);

    /** The evaluation of the original. */
    Evaluation baseline();

    /**
     * Scores of the network with one layer changed each, made where they are not kept from an earlier run, as long as some are wanted.
     *
     * @param candidates by layer all that may be wanted, with what each stands for, for the reader of kept scores
     * @param wanted of the scores there are, which candidates' are wanted besides; those that are there do not count. Asked again after
     *     each score
     * @return all there are, with that of the original if anything can be scored
     * @throws dev.wsvd.domain.error.InvalidInputException if scores are missing and there is no evaluator
     */
    ScoreRecord scores(
            Map<LayerId, Map<Option, CompressionRatio>> candidates, Function<ScoreRecord, WantedScores> wanted);

    /**
     * The evaluations of the networks after plans, made without searching long for their factors, in any order and several at once.
     *
     * @param plans with a name for progress
     * @return by plan, in the order given
     */
    Map<Plan, Evaluation> quickScores(Map<Plan, String> plans);

    /**
     * The evaluations of the networks after plans, each made as the compressed network would be, in any order and several at once.
     *
     * @param plans with a name for progress
     * @return by plan, in the order given
     */
    Map<Plan, Evaluation> planScores(Map<Plan, String> plans);

    /**
     * The evaluation of the network after a plan, made as the compressed network would be.
     *
     * @param name for progress
     */
    default Evaluation planScore(Plan plan, String name) {
        return planScores(Map.of(plan, name)).get(plan);
    }

    /** What this run's plans are made with. */
    PlanOrigin origin();

    /** Tells the user something. */
    void notice(String text);
}
