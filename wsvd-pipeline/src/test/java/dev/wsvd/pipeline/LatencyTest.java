package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.spi.TimingStore;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.Multiplicity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Time as what a target limits: by an engine that takes times as it is told, and once by ONNX Runtime. */
class LatencyTest {
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final Path DEMO = Path.of("../demo");
    private static final ArrayDataset INPUTS =
            ArrayDataset.load(DEMO.resolve("calibration-images.npz")).limit(20);

    private static final long MACS = 12_700_000;

    private final CompressibleModel<OnnxModel> real =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final List<ProgressEvent> events = new ArrayList<>();
    private final Kept kept = new Kept();

    private static final class Kept implements TimingStore {
        private Optional<LatencyTable> times = Optional.empty();
        private int saved;

        @Override
        public Optional<LatencyTable> load() {
            return times;
        }

        @Override
        public void save(LatencyTable measured) {
            times = Optional.of(measured);
            saved++;
        }
    }

    private ModelCompressor<OnnxModel> compressor(
            CompressibleModel<OnnxModel> model, BudgetSelectionParameters parameters) {
        return ModelCompressor.of(model)
                .parameters(
                        CompressionParameters.of(new BudgetSelector(parameters)).withMultiplicity(Multiplicity.AUTO))
                .metric(Metric.LATENCY)
                .calibration(ArrayActivations.of(ONNX, INPUTS))
                .timings(kept)
                .listener(events::add);
    }

    private List<String> notices() {
        return events.stream()
                .filter(ProgressEvent.Notice.class::isInstance)
                .map(event -> ((ProgressEvent.Notice) event).text())
                .filter(text -> !text.startsWith("Using the backend"))
                .toList();
    }

    private boolean wasTimed() {
        return events.stream()
                .anyMatch(event -> event instanceof ProgressEvent.Advanced run
                        && run.name().equals("what layers may become"));
    }

    /** Layers as they are said to take, and in a whole network as much of it as is said. */
    private CompressibleModel<OnnxModel> timed(ToDoubleFunction<Integer> nsPerMac, double whole) {
        return new ScriptedTimes(real, nsPerMac, layers -> whole * layers + 1 - whole);
    }

    @Test
    void aTargetOfTimeIsMetByMeasurementWhereLayersSaveLessInTheWhole() {
        // A third of the time is none of the layers', which nobody can know but by timing the whole.
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 0.7);

        CompressionResult<OnnxModel> result = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.6)))
                .compress();

        assertThat(result.stats().latency().orElseThrow().ratio()).isBetween(0.56, 0.6);
        assertThat(result.stats().ratio(Metric.LATENCY)).isLessThanOrEqualTo(0.6);
        assertThat(result.stats().ratio(Metric.MAC)).isLessThan(0.5);
        assertThat(notices()).isEmpty();
    }

    @Test
    void whatSavesMostIsTimedBeforeATargetIsCalledOutOfReach() {
        // What saves little saves half of that in the whole; what saves nearly all does not follow from that.
        CompressibleModel<OnnxModel> model =
                new ScriptedTimes(real, stage -> 1, layers -> layers > 0.2 ? 0.5 + 0.5 * layers : layers);

        CompressionResult<OnnxModel> result = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.3)))
                .compress();

        assertThat(result.stats().latency().orElseThrow().ratio()).isLessThanOrEqualTo(0.3);
    }

    @Test
    void whatWasPredictedByLayersAloneIsKept() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 0.7);

        CompressionStats stats = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.6)))
                .plan()
                .stats();

        CompressionStats.Latency whole = stats.latency().orElseThrow();
        assertThat(whole.predictedAtFirst()).isLessThan(whole.ratio() - 0.05);
        assertThat(whole.predictedAtFirst()).isLessThan(stats.ratio(Metric.LATENCY) - 0.05);
    }

    @Test
    void whereNothingIsChosenAgainThePredictionIsWhatThePlanWasMeasuredToSave() {
        // A limit of MACs is met at once; how long that takes is told as it was measured.
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 0.7);

        CompressionStats stats = compressor(
                        model,
                        new BudgetSelectionParameters(
                                Optional.empty(), Map.of(Metric.MAC, MACS / 2), OptionalDouble.empty()))
                .plan()
                .stats();

        CompressionStats.Latency whole = stats.latency().orElseThrow();
        assertThat(stats.ratio(Metric.LATENCY)).isCloseTo(whole.ratio(), within(0.001));
        assertThat(whole.predictedAtFirst()).isLessThan(whole.ratio() - 0.05);
    }

    @Test
    void theReportTellsWhatEachLayerTakes() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 1);

        CompressionResult<OnnxModel> result = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.5)))
                .compress();

        assertThat(result.stats().layers()).allSatisfy(layer -> {
            LayerTimes times = layer.times().orElseThrow();
            assertThat(times.denseNs()).isCloseTo(layer.before().of(Metric.MAC), within(1.0));
            assertThat(times.measuredNs()).isCloseTo(layer.after().of(Metric.MAC), within(1.0));
            assertThat(times.predictedNs()).hasValue(layer.after().of(Metric.LATENCY));
        });
    }

    @Test
    void timesOfALayerThatTwoCutsChangeAreOfWhatIsLeftOfIt() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 1);

        compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.5)))
                .scheme("channel-pruning")
                .plan();

        // A ns per MAC, and channels in whole blocks, so that none is added.
        assertThat(kept.times
                        .orElseThrow()
                        .layers()
                        .get(new LayerId("stage2.0.conv2"))
                        .curves()
                        .get("conv 3x3"))
                .hasSizeGreaterThan(2)
                .allSatisfy(point -> assertThat(point.ns()).isEqualTo(point.macs()));
    }

    @Test
    void layersThatWouldBecomeSlowerStay() {
        // Two stages or more take more than what they replace; cuts remain.
        CompressibleModel<OnnxModel> model = timed(stages -> stages > 1 ? 9 : 1, 1);

        CompressionResult<OnnxModel> result = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.8)))
                .compress();

        assertThat(result.plan().changes().values())
                .isNotEmpty()
                .allMatch(choice -> choice.form().equals("channel-pruning"));
        assertThat(result.stats().latency().orElseThrow().ratio()).isLessThanOrEqualTo(0.8);
    }

    @Test
    void whatIsSlowerInTheNetworkThatIsChosenIsLeftOutAndSaid() {
        // Splits take as long as was hoped until they stand in the network that is chosen.
        CompressibleModel<OnnxModel> model = timed(stages -> stages > 1 && kept.saved > 0 ? 9 : 1, 1);

        CompressionResult<OnnxModel> result = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.8)))
                .compress();

        assertThat(result.plan().changes().values())
                .isNotEmpty()
                .allMatch(choice -> choice.form().equals("channel-pruning"));
        assertThat(result.stats().latency().orElseThrow().ratio()).isLessThanOrEqualTo(0.8);
        assertThat(notices())
                .singleElement()
                .asString()
                .startsWith("Measured slower than what they would replace, and left out: ")
                .contains(" of 'stage");
    }

    @Test
    void timesThatAreKeptAreUsedAgainUnderTheSameConditionsOnly() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 1);
        BudgetSelectionParameters half = BudgetSelectionParameters.of(CompressionRatio.of(0.5));
        PlannedCompression first = compressor(model, half).plan();
        assertThat(wasTimed()).isTrue();
        events.clear();

        PlannedCompression again = compressor(model, half).plan();

        assertThat(wasTimed()).isFalse();
        assertThat(again.plan()).isEqualTo(first.plan());
        assertThat(kept.saved).isEqualTo(1);
        compressor(model, half).timing(new TimingConditions(1, 2)).plan();
        assertThat(wasTimed()).isTrue();
        assertThat(kept.saved).isEqualTo(2);
        assertThat(kept.times.orElseThrow().conditions().batch()).isEqualTo(2);
    }

    @Test
    void timesOfOtherFormsAreAddedToThoseThatAreKept() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 1);
        BudgetSelectionParameters half = BudgetSelectionParameters.of(CompressionRatio.of(0.5));
        compressor(model, half).scheme("spatial-svd").plan();
        compressor(model, half).scheme("weight-svd").plan();
        assertThat(kept.saved).isEqualTo(2);
        events.clear();

        compressor(model, half).scheme("spatial-svd").plan();

        assertThat(wasTimed()).isFalse();
        assertThat(kept.times
                        .orElseThrow()
                        .layers()
                        .get(new LayerId("stage2.1.conv1"))
                        .curves())
                .containsOnlyKeys("conv 3x1 + conv 1x3", "conv 1x1 + conv 3x3", "conv 3x3 + conv 1x1");
    }

    @Test
    void aNumberOfNanosecondsIsALimitBesideAnother() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 1);
        long whole =
                real.layers().stream().mapToLong(layer -> layer.sized().macs()).sum();

        CompressionResult<OnnxModel> result = compressor(
                        model,
                        new BudgetSelectionParameters(
                                Optional.empty(), Map.of(Metric.LATENCY, whole * 7 / 10), OptionalDouble.empty()))
                .metric(Metric.MAC)
                .compress();

        assertThat(result.stats().latency().orElseThrow().afterNs()).isLessThanOrEqualTo(whole * 0.7);
        assertThat(result.stats().latency().orElseThrow().ratio()).isBetween(0.66, 0.7);
    }

    @Test
    void aModelWithoutAnEngineIsRefused() {
        CompressibleModel<OnnxModel> isolated =
                ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT.isolated(Isolation.DEFAULT));

        assertThatThrownBy(() -> compressor(isolated, BudgetSelectionParameters.of(CompressionRatio.of(0.5)))
                        .plan())
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("cannot be timed")
                .hasMessageContaining("--metric mac");
    }

    @Test
    void aNetworkOfFewerMacsThatIsSlowerIsChosenAgain() {
        // Splits are slow; so a target of MACs is met by cuts, once that is known.
        CompressibleModel<OnnxModel> model = timed(stages -> stages > 1 ? 9 : 1, 1);
        ModelCompressor<OnnxModel> byMacs = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.8)))
                .metric(Metric.MAC);
        assertThat(byMacs.plan().plan().changes().values())
                .anyMatch(choice -> !choice.form().equals("channel-pruning"));

        PlannedCompression faster = byMacs.neverSlower().plan();

        assertThat(faster.plan().changes().values())
                .isNotEmpty()
                .allMatch(choice -> choice.form().equals("channel-pruning"));
        assertThat(faster.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.8);
        assertThat(notices()).isEmpty();
    }

    @Test
    void aTargetOfMacsThatOnlySlowNetworksMeetIsKeptAndSaid() {
        CompressibleModel<OnnxModel> model = timed(stages -> stages > 1 ? 9 : 1, 1);

        PlannedCompression planned = compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.8)))
                .metric(Metric.MAC)
                .scheme("weight-svd")
                .neverSlower()
                .plan();

        assertThat(planned.stats().ratio(Metric.MAC)).isLessThanOrEqualTo(0.8);
        assertThat(notices())
                .containsExactly(
                        "The network is not faster than the original, measured with 1 thread, batch of 1, and what"
                                + " makes its layers faster does not reach the target.");
    }

    @Test
    void thatAModelCannotBeTimedCostsNoResult() {
        CompressibleModel<OnnxModel> model = timed(
                stages -> {
                    throw new ModelFormatException("The engine fails.");
                },
                1);
        BudgetSelectionParameters half = BudgetSelectionParameters.of(CompressionRatio.of(0.5));
        Plan without = compressor(model, half).metric(Metric.MAC).plan().plan();

        Plan with =
                compressor(model, half).metric(Metric.MAC).neverSlower().plan().plan();

        assertThat(with).isEqualTo(without);
        assertThat(notices())
                .containsExactly("Whether the network is faster than the original is not known: The engine fails.");
    }

    @Test
    void aFastNetworkIsNotLookedAtTwice() {
        CompressibleModel<OnnxModel> model = timed(stage -> 1, 1);

        compressor(model, BudgetSelectionParameters.of(CompressionRatio.of(0.5)))
                .metric(Metric.MAC)
                .neverSlower()
                .plan();

        assertThat(wasTimed()).isFalse();
        assertThat(kept.saved).isZero();
    }

    @Test
    void onnxRuntimeTellsWhatEveryLayerOfTheDemoMayBecome() {
        CompressionResult<OnnxModel> result = compressor(real, BudgetSelectionParameters.of(CompressionRatio.of(0.7)))
                .compress();

        LatencyTable times = kept.times.orElseThrow();
        assertThat(times.conditions().engine()).startsWith("ONNX Runtime ");
        assertThat(times.layers()).hasSize(real.layers().size());
        assertThat(times.layers().values()).allMatch(entry -> entry.ns() > 0);
        Map<String, Long> patterns = new HashMap<>();
        times.layers()
                .values()
                .forEach(entry -> entry.curves().keySet().forEach(pattern -> patterns.merge(pattern, 1L, Long::sum)));
        assertThat(patterns)
                .containsKeys("conv 1x1 + conv 3x3", "conv 3x3", "conv 1x1 + conv 3x3 + conv 1x1", "linear");
        assertThat(result.stats().ratio(Metric.LATENCY)).isLessThanOrEqualTo(0.7);
        assertThat(result.stats().latency()).isPresent();
        assertThat(result.plan().changes()).isNotEmpty();
        double layers = times.layers().values().stream()
                .mapToDouble(LatencyTable.Entry::ns)
                .sum();
        assertThat(result.stats().before().of(Metric.LATENCY)).isCloseTo(Math.round(layers), within(1L));
        assertThat(result.plan().decisions().values()).anyMatch(decision -> decision instanceof Decision.Change);
    }
}
