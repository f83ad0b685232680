package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wsvd.cost.Costs;
import dev.wsvd.cost.MacCost;
import dev.wsvd.cost.MemoryCost;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.score.ScoreTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * wsvd against figures computed by AIMET (see {@code aimet/README.md} among the test resources).
 *
 * <ul>
 *   <li>Costs, and ranks before rounding, are equal wherever AIMET's rank meets its ratio; AIMET takes rank 1 where none does.
 *   <li>Rounded ranks are equal wherever AIMET's is a multiple that saves. Elsewhere (AIMET's rounding is one below the multiple
 *       for some ratios, and clamps to a rank that is none) wsvd takes the next multiple above, or the largest that saves.
 *   <li>A greedy plan never exceeds its target, where AIMET's may by a thousandth; its worst layer score is at least AIMET's
 *       whenever AIMET's plan meets the target. A rank that several ratios lead to scores what the largest of them does.
 * </ul>
 */
class AimetConformanceTest {
    private static final String FORM = "input-channel";
    private static final List<Metric> METRICS = List.of(Metric.MAC, Metric.MEMORY);

    /** AIMET counts no bytes. */
    private static final Costs COSTS = new Costs(List.of(new MacCost(), new MemoryCost()), ListedProblem.SCHEMES);

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void costsAreEqual(String name) {
        JsonNode golden = read(name);
        List<Layer> layers = layers(golden);

        assertThat(COSTS.of(layers)).isEqualTo(cost(golden.get("model_cost_all_recorded_layers")));
        for (int i = 0; i < layers.size(); i++) {
            assertThat(COSTS.of(layers.get(i)))
                    .as(layers.get(i).id().name())
                    .isEqualTo(cost(golden.get("layers").get(i)));
        }
        for (Metric metric : METRICS) {
            forEachRank(
                    golden,
                    problem(golden, metric),
                    (site, row) -> assertThat(COSTS.of(
                                    site.layer(),
                                    Choice.of(FORM, row.get("rank").asInt())))
                            .as(site.id().name())
                            .isEqualTo(cost(row)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void unroundedRanksAreEqual(String name) {
        JsonNode golden = read(name);
        for (Metric metric : METRICS) {
            ListedProblem problem = problem(golden, metric);
            forEachRank(golden, problem, (site, row) -> {
                int rank = row.get("rank").asInt();
                CompressionRatio ratio = ratio(row.get("ratio"));
                boolean meetsItsRatio =
                        ratio.admits(cost(row).of(metric), site.cost().of(metric));
                assertThat(meetsItsRatio || rank == 1).isTrue();
                assertThat(CandidateRatios.largestWithin(ratio, site.cost(), problem.series(site), metric)
                                .map(option -> option.choice().rank()))
                        .as("%s, %s ratio %s", site.id(), metric, ratio)
                        .isEqualTo(meetsItsRatio ? Optional.of(rank) : Optional.empty());
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void roundedRanksAreEqualWhereTheyAreMultiplesThatSave(String name) {
        JsonNode golden = read(name);
        for (Metric metric : METRICS) {
            for (int multiple : new int[] {8, 32}) {
                ListedProblem problem = problem(golden, metric).withMultiplicity(multiple);
                forEachRank(golden, problem, (site, row) -> {
                    List<Option> series = problem.series(site);
                    int largest = series.isEmpty()
                            ? 0
                            : series.get(series.size() - 1).choice().rank();
                    int theirs = row.get("rank_multiple_of_" + multiple).asInt();
                    int up = (row.get("rank").asInt() + multiple - 1) / multiple * multiple;
                    boolean multipleThatSaves = theirs % multiple == 0 && theirs <= largest;
                    assertThat(series.stream()
                                    .filter(option -> option.choice().rank()
                                            == row.get("rank").asInt())
                                    .findFirst()
                                    .flatMap(option -> Rounding.of(option, problem.multiples(site), metric))
                                    .map(option -> option.choice().rank())
                                    .orElse(0))
                            .as("%s, %s ratio %s, multiple of %d", site.id(), metric, row.get("ratio"), multiple)
                            .isEqualTo(multipleThatSaves ? theirs : Math.min(up, largest / multiple * multiple));
                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void greedyMeetsItsTargetAndIsNoWorse(String name) {
        JsonNode golden = read(name);
        Map<String, ListedProblem> problems =
                METRICS.stream().collect(Collectors.toMap(Metric::id, metric -> problem(golden, metric)));
        int compared = 0;
        for (JsonNode theirs : golden.get("greedy")) {
            if (theirs.get("multiplicity").asInt() != 1) {
                continue;
            }
            ListedProblem problem = problems.get(theirs.get("metric").asText());
            Metric metric = problem.metric();
            CompressionRatio target = ratio(theirs.get("target"));
            JsonNode scores = golden.get("score_tables").get(theirs.get("seed").asText());
            ScoreTable table = table(problem, scores);

            Plan plan = new GreedySelector(GreedySelectionParameters.of(target)).select(problem.withScores(table));

            long before = problem.cost(Plan.NONE).of(metric);
            String what = name + ", seed " + theirs.get("seed") + ", " + metric + " " + target;
            assertThat(target.admits(problem.cost(plan).of(metric), before))
                    .as(what)
                    .isTrue();
            if (target.admits(cost(theirs).of(metric), before)) {
                compared++;
                assertThat(worstScore(plan, table))
                        .as(what)
                        .isGreaterThanOrEqualTo(worstScore(golden, theirs, metric, scores));
            }
        }
        assertThat(compared).isGreaterThanOrEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void thePlanOfTheScoresThatItDependsOnIsThatOfAll(String name) {
        JsonNode golden = read(name);
        for (Metric metric : METRICS) {
            ListedProblem problem = problem(golden, metric);
            for (JsonNode scores : golden.get("score_tables")) {
                ScoreTable raw = table(problem, scores).withBaseline(0.9);
                ScoreTable rounded = rounded(raw, 200);
                for (int percent = 35; percent < 100; percent += 20) {
                    GreedySelectionParameters parameters =
                            GreedySelectionParameters.of(new CompressionRatio(percent, 100));
                    assertEqualPlans(problem, parameters, raw, 0);
                    assertEqualPlans(problem, parameters, rounded, 200);
                }
            }
        }
    }

    private static void assertEqualPlans(
            ListedProblem problem, GreedySelectionParameters parameters, ScoreTable scores, int samples) {
        Optional<Plan> whole = new FullTableGreedy(problem, parameters, scores, samples).plan();
        whole.ifPresent(plan -> assertThat(new GreedySelector(parameters)
                        .select(problem.withScores(scores).withSamples(samples)))
                .as(parameters + " of " + samples)
                .isEqualTo(plan));
    }

    /** As they would be counted on so many samples. */
    private static ScoreTable rounded(ScoreTable scores, int samples) {
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        scores.entries()
                .forEach((candidate, entry) -> entries.put(
                        candidate, new ScoreTable.Entry(Math.rint(entry.score() * samples) / samples, entry.ratio())));
        return ScoreTable.of(scores.baseline(), entries);
    }

    private static ListedProblem problem(JsonNode golden, Metric metric) {
        return new ListedProblem(layers(golden), metric, FORM);
    }

    private static ScoreTable table(ListedProblem problem, JsonNode scores) {
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        for (Site site : problem.sites()) {
            CandidateRatios.of(10, site.cost(), problem.series(site), problem.multiples(site), problem.metric())
                    .forEach((option, ratio) -> entries.put(
                            new Candidate(site.id(), option.choice()),
                            new ScoreTable.Entry(
                                    scores.get(site.id().name())
                                            .get(ratio.toString())
                                            .asDouble(),
                                    ratio.toDouble())));
        }
        return ScoreTable.of(OptionalDouble.empty(), entries);
    }

    private static double worstScore(Plan plan, ScoreTable table) {
        return plan.changes().entrySet().stream()
                .mapToDouble(split -> table.score(new Candidate(split.getKey(), split.getValue()))
                        .orElseThrow())
                .min()
                .orElse(Double.POSITIVE_INFINITY);
    }

    /** Of AIMET's plan: each rank scores what the largest ratio that leads to it does. */
    private static double worstScore(JsonNode golden, JsonNode theirs, Metric metric, JsonNode scores) {
        double[] worst = {Double.POSITIVE_INFINITY};
        for (JsonNode layer : golden.get("layers")) {
            String name = layer.get("name").asText();
            JsonNode rank = theirs.get("ranks").path(name);
            if (rank.isInt()) {
                double score = Double.NaN;
                for (JsonNode row : layer.get("weight_svd").get(metric.id())) {
                    if (row.get("rank").asInt() == rank.asInt()) {
                        score = scores.get(name).get(row.get("ratio").asText()).asDouble();
                    }
                }
                assertThat(score).as("a score of %s at rank %s", name, rank).isNotNaN();
                worst[0] = Math.min(worst[0], score);
            }
        }
        return worst[0];
    }

    private static void forEachRank(JsonNode golden, ListedProblem problem, BiConsumer<Site, JsonNode> check) {
        List<Site> sites = problem.sites();
        int rows = 0;
        for (int i = 0; i < sites.size(); i++) {
            JsonNode layer = golden.get("layers").get(i);
            for (JsonNode row : layer.path("weight_svd").path(problem.metric().id())) {
                check.accept(sites.get(i), row);
                rows++;
            }
        }
        assertThat(rows).isPositive();
    }

    private static List<Layer> layers(JsonNode golden) {
        List<Layer> layers = new ArrayList<>();
        golden.get("layers").forEach(layer -> layers.add(layer(layer)));
        return layers;
    }

    /** These networks pad so that a Conv's input is stride times its output. */
    private static Layer layer(JsonNode layer) {
        LayerId id = new LayerId(layer.get("name").asText());
        int[] weight = ints(layer.get("weight_shape_oihw"));
        int[] output = ints(layer.get("output_shape_nchw"));
        int[] stride = ints(layer.get("stride"));
        int groups = layer.get("groups").asInt();
        if (layer.get("kind").asText().equals("linear")) {
            return Layer.of(
                    id, Affine.of(weight[0], weight[1]), List.of(1L, (long) weight[1]), List.of(1L, (long) weight[0]));
        }
        Layer conv = Layer.of(
                id,
                new Convolution(
                        new WeightShape(weight[0], weight[1], List.of(weight[2], weight[3])),
                        groups,
                        List.of(stride[0], stride[1])),
                List.of(1L, (long) weight[1] * groups, (long) output[2] * stride[0], (long) output[3] * stride[1]),
                List.of(1L, (long) weight[0], (long) output[2], (long) output[3]));
        return layer.get("selected").asBoolean() ? conv : conv.unsupported("depthwise");
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = array.get(i).asInt();
        }
        return ints;
    }

    private static Cost cost(JsonNode node) {
        return Cost.of(node.get("mac").asLong(), node.get("memory").asLong());
    }

    private static CompressionRatio ratio(JsonNode text) {
        return CompressionRatio.of(new BigDecimal(text.asText()));
    }

    private static JsonNode read(String name) {
        try (InputStream in = AimetConformanceTest.class.getResourceAsStream("/aimet/" + name + ".json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
