package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.Candidate;
import dev.wsvd.domain.CompressionRatio;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.RankPlan;
import dev.wsvd.domain.ScoreTable;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
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
import java.util.OptionalInt;
import java.util.function.BiConsumer;
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
    private static final Unfolding UNFOLDING = Unfolding.INPUT_CHANNEL;

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void costsAreEqual(String name) {
        JsonNode golden = read(name);
        List<Layer> layers = layers(golden);

        assertThat(CostModel.of(layers)).isEqualTo(cost(golden.get("model_cost_all_recorded_layers")));
        for (int i = 0; i < layers.size(); i++) {
            assertThat(CostModel.dense(layers.get(i)))
                    .as(layers.get(i).id().name())
                    .isEqualTo(cost(golden.get("layers").get(i)));
        }
        forEachRank(
                golden,
                (layer, row) -> assertThat(CostModel.split(
                                layer, new Split(UNFOLDING, row.get("rank").asInt())))
                        .as(layer.id().name())
                        .isEqualTo(cost(row)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void unroundedRanksAreEqual(String name) {
        JsonNode golden = read(name);
        for (CostMetric metric : CostMetric.values()) {
            forEachRank(golden, metric, (layer, row) -> {
                int rank = row.get("rank").asInt();
                CompressionRatio ratio = ratio(row.get("ratio"));
                boolean meetsItsRatio = ratio.admits(
                        cost(row).of(metric), CostModel.dense(layer).of(metric));
                assertThat(meetsItsRatio || rank == 1).isTrue();
                assertThat(CostModel.rankFor(layer, UNFOLDING, ratio, metric))
                        .as("%s, %s ratio %s", layer.id(), metric, ratio)
                        .isEqualTo(meetsItsRatio ? OptionalInt.of(rank) : OptionalInt.empty());
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void roundedRanksAreEqualWhereTheyAreMultiplesThatSave(String name) {
        JsonNode golden = read(name);
        for (CostMetric metric : CostMetric.values()) {
            for (int multiple : new int[] {8, 32}) {
                forEachRank(golden, metric, (layer, row) -> {
                    int largest = CostModel.maxSavingRank(layer, UNFOLDING, metric);
                    int theirs = row.get("rank_multiple_of_" + multiple).asInt();
                    int up = (row.get("rank").asInt() + multiple - 1) / multiple * multiple;
                    boolean multipleThatSaves = theirs % multiple == 0 && theirs <= largest;
                    assertThat(new Multiplicity(multiple)
                                    .round(layer, UNFOLDING, row.get("rank").asInt(), metric))
                            .as("%s, %s ratio %s, multiple of %d", layer.id(), metric, row.get("ratio"), multiple)
                            .isEqualTo(multipleThatSaves ? theirs : Math.min(up, largest / multiple * multiple));
                });
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mnist_net", "resnet18", "vgg16", "mobilenet_v2"})
    void greedyMeetsItsTargetAndIsNoWorse(String name) {
        JsonNode golden = read(name);
        List<Layer> layers = layers(golden);
        int compared = 0;
        for (JsonNode theirs : golden.get("greedy")) {
            if (theirs.get("multiplicity").asInt() != 1) {
                continue;
            }
            CostMetric metric = CostMetric.of(theirs.get("metric").asText());
            CompressionRatio target = ratio(theirs.get("target"));
            JsonNode scores = golden.get("score_tables").get(theirs.get("seed").asText());
            Map<LayerId, List<CandidateOption>> options = options(layers, metric);
            ScoreTable table = table(options, scores);

            RankPlan plan = GreedySelector.select(layers, options, metric, GreedySelectionParameters.of(target), table);

            long before = CostModel.of(layers).of(metric);
            String what = name + ", seed " + theirs.get("seed") + ", " + metric + " " + target;
            assertThat(target.admits(CostModel.of(layers, plan).of(metric), before))
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

    private static Map<LayerId, List<CandidateOption>> options(List<Layer> layers, CostMetric metric) {
        CandidateRanks ranks = new CandidateRanks(10, metric, UNFOLDING, Multiplicity.ONE);
        Map<LayerId, List<CandidateOption>> options = new LinkedHashMap<>();
        layers.forEach(layer -> options.put(layer.id(), ranks.of(layer)));
        return options;
    }

    private static ScoreTable table(Map<LayerId, List<CandidateOption>> options, JsonNode scores) {
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        options.forEach((layer, candidates) -> candidates.forEach(option -> entries.put(
                option.candidate(),
                new ScoreTable.Entry(
                        scores.get(layer.name()).get(option.ratio().toString()).asDouble(),
                        option.ratio().toDouble()))));
        return ScoreTable.of(OptionalDouble.empty(), entries);
    }

    private static double worstScore(RankPlan plan, ScoreTable table) {
        return plan.splits().entrySet().stream()
                .mapToDouble(split -> table.score(new Candidate(split.getKey(), split.getValue()))
                        .orElseThrow())
                .min()
                .orElse(Double.POSITIVE_INFINITY);
    }

    /** Of AIMET's plan: each rank scores what the largest ratio that leads to it does. */
    private static double worstScore(JsonNode golden, JsonNode theirs, CostMetric metric, JsonNode scores) {
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

    private static void forEachRank(JsonNode golden, BiConsumer<Layer, JsonNode> check) {
        for (CostMetric metric : CostMetric.values()) {
            forEachRank(golden, metric, check);
        }
    }

    private static void forEachRank(JsonNode golden, CostMetric metric, BiConsumer<Layer, JsonNode> check) {
        List<Layer> layers = layers(golden);
        int rows = 0;
        for (int i = 0; i < layers.size(); i++) {
            for (JsonNode row : golden.get("layers").get(i).path("weight_svd").path(metric.id())) {
                check.accept(layers.get(i), row);
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
            return new LinearLayer(
                    id,
                    WeightShape.linear(weight[0], weight[1]),
                    List.of(1L, (long) weight[1]),
                    List.of(1L, (long) weight[0]),
                    Optional.empty());
        }
        return new ConvLayer(
                id,
                new WeightShape(weight[0], weight[1], List.of(weight[2], weight[3])),
                groups,
                List.of(stride[0], stride[1]),
                List.of(1L, (long) weight[1] * groups, (long) output[2] * stride[0], (long) output[3] * stride[1]),
                List.of(1L, (long) weight[0], (long) output[2], (long) output[3]),
                layer.get("selected").asBoolean() ? Optional.empty() : Optional.of("depthwise"));
    }

    private static int[] ints(JsonNode array) {
        int[] ints = new int[array.size()];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = array.get(i).asInt();
        }
        return ints;
    }

    private static Cost cost(JsonNode node) {
        return new Cost(node.get("mac").asLong(), node.get("memory").asLong());
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
