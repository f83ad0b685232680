package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.ScoreRecord;
import dev.wsvd.domain.score.ScoreTable;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.AccuracyEvaluator;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.pipeline.resolve.Services;
import dev.wsvd.selection.ManualChoice;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;

/**
 * wsvd's channel pruning against figures computed by AIMET (see {@code aimet/README.md} among the test resources), on two trained
 * networks.
 *
 * <ul>
 *   <li>As many channels stay for a ratio, at the same cost; a ratio that leaves less than one channel is refused, where AIMET keeps one.
 *   <li>A layer whose inputs are pruned misses less of its output on images that neither has seen, in 47 of 48 cases.
 *   <li>So does the last of the layers that are pruned together, with correction; the network is as accurate, but for one image of 2,000, or more.
 *   <li>A greedy plan never exceeds its target, and its worst layer score is at least AIMET's whenever AIMET's plan meets the target.
 * </ul>
 *
 * <p>AIMET fits what it keeps to the inputs as pruned so far, which wsvd does with correction.
 */
class AimetChannelPruningTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final String CUT = "channel-pruning";
    private static final Costs COSTS = Costs.of(Services.schemes());
    private static final int HELD_OUT = 500;
    private static final ArrayDataset TEST_IMAGES = ArrayDataset.load(DEMO.resolve("test-images.npz"));
    private static final AccuracyEvaluator<OnnxModel> ACCURACY = AccuracyEvaluator.of(
            ONNX::predictor, ArrayDataset.load(DEMO.resolve("test-images.npz"), DEMO.resolve("test-labels.npy")));

    private static CompressibleModel<OnnxModel> open(String network) {
        return ONNX.open(Path.of("src", "test", "resources", "aimet", network + ".onnx"), OpenOptions.DEFAULT);
    }

    private static ArrayActivations<OnnxModel> calibration() {
        return ArrayActivations.of(ONNX, ArrayDataset.load(DEMO.resolve("calibration-images.npz")));
    }

    private static ModelCompressor<OnnxModel> pruning(
            CompressibleModel<OnnxModel> model, List<String> layers, BigDecimal ratio) {
        Map<String, ManualChoice> choices = new LinkedHashMap<>();
        layers.forEach(layer -> choices.put(layer, new ManualChoice.ToRatio(CompressionRatio.of(ratio))));
        return ModelCompressor.of(model).scheme(CUT).parameters(CompressionParameters.manual(choices));
    }

    @ParameterizedTest(name = "{0} {1} at {2}")
    @CsvFileSource(resources = "/aimet/layers.csv", numLinesToSkip = 1)
    void asManyChannelsStayAtTheSameCost(
            String network, String layer, BigDecimal ratio, int kept, long mac, long memory) {
        CompressibleModel<OnnxModel> model = open(network);
        int channels = layer(model, layer).inChannels();
        ModelCompressor<OnnxModel> compressor = pruning(model, List.of(layer), ratio);

        if (ratio.multiply(BigDecimal.valueOf(channels)).compareTo(BigDecimal.ONE) < 0) {
            assertThat(kept).isEqualTo(1);
            assertThatThrownBy(compressor::plan)
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessageContaining("No channel-pruning size brings layer '" + layer + "'");
        } else {
            PlannedCompression planned = compressor.plan();
            assertThat(planned.plan().changes()).isEqualTo(Map.of(new LayerId(layer), Choice.of(CUT, kept)));
            assertCost(planned.stats().after(), mac, memory);
        }
    }

    @ParameterizedTest(name = "{0} {1} at {2}")
    @CsvFileSource(resources = "/aimet/layers.csv", numLinesToSkip = 1)
    void aLayerMissesLessOfHeldOutImages(
            String network,
            String layer,
            BigDecimal ratio,
            int kept,
            long mac,
            long memory,
            double calibration,
            double heldOut) {
        CompressibleModel<OnnxModel> model = open(network);
        CompressibleModel<OnnxModel> pruned = ModelCompressor.of(model)
                .scheme(CUT)
                .parameters(CompressionParameters.plan(Plan.of(new LayerId(layer), Choice.of(CUT, kept))))
                .calibration(calibration())
                .compress()
                .model();

        assertCost(COSTS.of(pruned.layers()), mac, memory);
        // Of these 8 of 12 channels AIMET's are the best there are; wsvd goes by the mean of the taps' covariances,
        // which takes another one.
        double most = network.equals("plain") && layer.equals("conv2") && kept == 8 ? 1.5 : 1;
        assertThat(missed(model, pruned, layer)).isLessThan(most * heldOut);
    }

    @ParameterizedTest(name = "{0} at {1}")
    @CsvFileSource(resources = "/aimet/networks.csv", numLinesToSkip = 1)
    void aNetworkMissesLessOfHeldOutImages(
            String network, BigDecimal ratio, String layers, long mac, long memory, double heldOut, double accuracy) {
        CompressibleModel<OnnxModel> model = open(network);
        List<String> names = List.of(layers.split(" "));

        CompressibleModel<OnnxModel> pruned = pruning(model, names, ratio)
                .calibration(calibration())
                .correct()
                .compress()
                .model();

        assertCost(COSTS.of(pruned.layers()), mac, memory);
        // Where one and three channels are left both miss nearly everything.
        assertThat(missed(model, pruned, names.get(names.size() - 1))).isLessThan(1.01 * heldOut);
        assertThat(ACCURACY.evaluate(pruned.model(), 2_000).score()).isGreaterThan(accuracy - 0.001);
    }

    @ParameterizedTest(name = "{0}, seed {1}, {2} {3}")
    @CsvFileSource(resources = "/aimet/greedy.csv", numLinesToSkip = 1)
    void aGreedyPlanIsNoWorse(
            String network, int seed, String metricId, BigDecimal target, String kept, long mac, long memory) {
        CompressibleModel<OnnxModel> model = open(network);
        Metric metric = metricId.equals("mac") ? Metric.MAC : Metric.MEMORY;
        ScoreTable table = scores(network, seed, model);

        PlannedCompression planned = ModelCompressor.of(model)
                .scheme(CUT)
                .metric(metric)
                .parameters(CompressionParameters.greedy(target.doubleValue()).ignoring("fc"))
                .scores(new GivenScores(table))
                .plan();

        Map<LayerId, Choice> theirs = choices(model, kept);
        Cost theirCost = Cost.of(mac, memory);
        long before = COSTS.of(model.layers()).of(metric);
        CompressionRatio ratio = CompressionRatio.of(target);
        assertThat(ratio.admits(planned.stats().after().of(metric), before)).isTrue();
        if (ratio.admits(theirCost.of(metric), before)) {
            assertThat(worst(planned.plan().changes(), table)).isGreaterThanOrEqualTo(worst(theirs, table));
        }
    }

    /** What AIMET keeps of the layers that it prunes. */
    private static Map<LayerId, Choice> choices(CompressibleModel<OnnxModel> model, String kept) {
        Map<LayerId, Choice> choices = new LinkedHashMap<>();
        for (String layer : kept.split(" ")) {
            String[] parts = layer.split("=");
            int channels = Integer.parseInt(parts[1]);
            if (channels < layer(model, parts[0]).inChannels()) {
                choices.put(new LayerId(parts[0]), Choice.of(CUT, channels));
            }
        }
        return choices;
    }

    private static Layer layer(CompressibleModel<OnnxModel> model, String name) {
        return model.layers().stream()
                .filter(layer -> layer.id().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void assertCost(Cost cost, long mac, long memory) {
        assertThat(cost.of(Metric.MAC)).isEqualTo(mac);
        assertThat(cost.of(Metric.MEMORY)).isEqualTo(memory);
    }

    /** Σ‖y − y′‖² / Σ‖y − ȳ‖² of what a layer gives, ȳ the mean of y by channel. */
    private static double missed(
            CompressibleModel<OnnxModel> model, CompressibleModel<OnnxModel> pruned, String layer) {
        Tensor given = given(model, layer);
        Tensor now = given(pruned, layer);
        int channels = Math.toIntExact(given.shape().get(1));
        int positions = Math.toIntExact(given.elements() / given.shape().get(0) / channels);
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        double noise = 0;
        for (int i = 0; i < given.elements(); i++) {
            double y = given.getDouble(i);
            sums[i / positions % channels] += y;
            squares[i / positions % channels] += y * y;
            noise += Math.pow(y - now.getDouble(i), 2);
        }
        double count = (double) given.elements() / channels;
        double mean = Arrays.stream(sums).map(sum -> sum * sum / count).sum();
        return noise / (Arrays.stream(squares).sum() - mean);
    }

    private static Tensor given(CompressibleModel<OnnxModel> model, String layer) {
        LayerId id = new LayerId(layer);
        try (Watch watch = ArrayActivations.of(ONNX, TEST_IMAGES).watch(model.model(), List.of(id), HELD_OUT)) {
            return watch.run(0, HELD_OUT).get(watch.output(id).orElseThrow()).copy();
        }
    }

    private static double worst(Map<LayerId, Choice> changes, ScoreTable table) {
        return changes.entrySet().stream()
                .mapToDouble(change -> table.score(new Candidate(change.getKey(), change.getValue()))
                        .orElseThrow())
                .min()
                .orElse(Double.POSITIVE_INFINITY);
    }

    /** The scores of AIMET's candidate ratios, by what they keep. */
    private static ScoreTable scores(String network, int seed, CompressibleModel<OnnxModel> model) {
        Map<Candidate, ScoreTable.Entry> entries = new LinkedHashMap<>();
        for (String line : lines("scores.csv")) {
            String[] cells = line.split(",");
            if (cells[0].equals(network) && cells[1].equals(Integer.toString(seed))) {
                BigDecimal ratio = new BigDecimal(cells[3]);
                int kept = ratio.multiply(
                                BigDecimal.valueOf(layer(model, cells[2]).inChannels()))
                        .intValue();
                entries.put(
                        new Candidate(new LayerId(cells[2]), Choice.of(CUT, kept)),
                        new ScoreTable.Entry(Double.parseDouble(cells[4]), ratio.doubleValue()));
            }
        }
        return ScoreTable.of(OptionalDouble.empty(), entries);
    }

    private static List<String> lines(String file) {
        try (InputStream in = AimetChannelPruningTest.class.getResourceAsStream("/aimet/" + file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .skip(1)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record GivenScores(ScoreTable table) implements ScoreStore {
        @Override
        public Optional<ScoreRecord> load() {
            return Optional.of(new ScoreRecord(Optional.empty(), Optional.empty(), table));
        }

        @Override
        public void save(ScoreRecord scores) {
            throw new AssertionError("Every score is given, and was saved: " + scores);
        }
    }
}
