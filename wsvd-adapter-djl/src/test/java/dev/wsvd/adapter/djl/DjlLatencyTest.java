package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.pooling.Pool;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.LatencyTable;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.spi.TimingStore;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.selection.BudgetSelectionParameters;
import dev.wsvd.selection.BudgetSelector;
import dev.wsvd.selection.Multiplicity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Time as a target for DJL's models, by DJL's engine. */
class DjlLatencyTest {
    private static final Shape SAMPLE = new Shape(1, 3, 32, 32);
    private static final DjlFormat FORMAT = new DjlFormat(DjlLatencyTest::network);

    private static Block network() {
        return new SequentialBlock()
                .add(Networks.conv(64, 3, 1, 1))
                .add(Activation::relu)
                .add(Networks.conv(64, 3, 1, 1))
                .add(Activation::relu)
                .add(Networks.conv(64, 3, 1, 1))
                .add(Activation::relu)
                .add(Pool.maxPool2dBlock(new Shape(8, 8), new Shape(8, 8)))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(10));
    }

    @Test
    void everyLayerHasItsPartOfARun() {
        try (Model network = model()) {
            CompressibleModel<Model> model = FORMAT.of(network);
            List<LayerId> layers =
                    model.layers().stream().map(layer -> layer.id()).toList();
            try (Stopwatch watch = model.stopwatch(new TimingConditions(1, 4)).orElseThrow()) {
                assertThat(watch.engine()).startsWith("PyTorch ");
                assertThat(watch.run()).isPositive();
                List<Map<LayerId, Long>> profiles = watch.profiles(3);
                assertThat(profiles).hasSize(3).allSatisfy(profile -> {
                    assertThat(profile.keySet()).containsExactlyElementsOf(layers);
                    assertThat(profile.values()).allMatch(ns -> ns > 0);
                });
            }
        }
    }

    @Test
    void whatLayersMayBecomeIsTimedInTheNetwork() {
        List<LatencyTable> kept = new ArrayList<>();
        TimingStore store = new TimingStore() {
            @Override
            public Optional<LatencyTable> load() {
                return kept.stream().findFirst();
            }

            @Override
            public void save(LatencyTable times) {
                kept.add(times);
            }
        };
        try (Model network = model()) {
            CompressionResult<Model> result = ModelCompressor.of(FORMAT.of(network))
                    .metric(Metric.LATENCY)
                    .scheme("any")
                    .parameters(CompressionParameters.of(
                                    new BudgetSelector(BudgetSelectionParameters.of(CompressionRatio.of(1))))
                            .withMultiplicity(Multiplicity.AUTO))
                    .timings(store)
                    .compress();
            try (CompressibleModel<Model> same = result.model()) {
                // A split at full rank loses nothing, and is chosen where it was measured faster.
                assertThat(same.layers())
                        .hasSize(kept.get(0).layers().keySet().stream()
                                .mapToInt(layer -> same.stagesOf(layer).size())
                                .sum());
                assertThat(kept).hasSize(1);
                assertThat(kept.get(0).layers()).hasSize(4);
                assertThat(kept.get(0).layers().values())
                        .anyMatch(entry -> entry.curves().size() > 2);
                assertThat(result.stats().ratio(Metric.LATENCY)).isLessThanOrEqualTo(1);
                assertThat(result.stats().latency().orElseThrow().engine()).startsWith("PyTorch ");
            }
        }
    }

    private static Model model() {
        return Networks.model(DjlLatencyTest::network, SAMPLE);
    }
}
