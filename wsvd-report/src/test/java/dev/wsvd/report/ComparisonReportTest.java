package dev.wsvd.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.stats.CompressionStats.Parameters;
import dev.wsvd.domain.stats.CompressionStats.Score;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ComparisonReportTest {
    @Test
    void hasARowForEachFigureInTheOrderGiven() {
        assertThat(new ComparisonReport()
                        .costs(Cost.of(1200, 300), Cost.of(450, 200))
                        .parameters(new Parameters(320, 240))
                        .files(1_990_000, 1_020_000)
                        .latency("one sample", 0.5, 0.4)
                        .score(new Score("accuracy", OptionalDouble.of(0.9061), OptionalDouble.of(0.9002), 2000))
                        .fidelity(List.of(), OptionalDouble.of(0.975), 0.998765, 21.04)
                        .table()
                        .toString())
                .isEqualToNormalizingNewlines("""
                                               original  compressed  ratio
                MAC                           1.20 kMAC     450 MAC  0.375
                params of layers                    300         200  0.667
                params of model                     320         240  0.750
                file                            1.99 MB     1.02 MB  0.513
                latency, one sample (median)   0.500 ms    0.400 ms  0.800
                accuracy (2000 samples)          0.9061      0.9002
                same arg-max                                 97.5 %
                cosine                                      0.99877
                SQNR                                        21.0 dB
                """);
    }

    @Test
    void modelsThatAreTheSameAndCostNothing() {
        assertThat(new ComparisonReport()
                        .costs(Cost.of(0, 0), Cost.of(0, 0))
                        .fidelity(List.of("a", "b"), OptionalDouble.empty(), 1, Double.POSITIVE_INFINITY)
                        .table()
                        .toString())
                .isEqualToNormalizingNewlines("""
                                      original  compressed  ratio
                MAC                      0 MAC       0 MAC      -
                params of layers             0           0      -
                fidelity of 'a', 'b'
                cosine                             1.00000
                SQNR                             identical
                """);
    }

    @Test
    void errorsOfLayersStandBesideThosePredicted() {
        List<Layer> changed = List.of(layer("fc1", Optional.of("head")), layer("fc2", Optional.empty()));
        Map<LayerId, Double> measured = Map.of(new LayerId("fc1"), 0.0343);
        Map<LayerId, Double> predicted = Map.of(new LayerId("fc2"), 0.0211);

        assertThat(new ChangedLayerTable()
                        .measured(measured)
                        .times(Map.of())
                        .of(changed)
                        .toString())
                .isEqualToNormalizingNewlines("""
                changed layer  output error, measured in network
                fc1 (head)                                 0.034
                fc2                                            -
                """);
        assertThat(new ChangedLayerTable()
                        .predicted(predicted)
                        .measured(measured)
                        .of(changed)
                        .toString())
                .isEqualToNormalizingNewlines("""
                changed layer  output error, predicted in isolation  output error, measured in network
                fc1 (head)                                        -                              0.034
                fc2                                           0.021                                  -
                """);
    }

    @Test
    void timesOfLayersHaveColumnsWhereThereAreSome() {
        List<Layer> changed = List.of(layer("fc1", Optional.empty()), layer("fc2", Optional.empty()));
        LayerTimes times = new LayerTimes(47_100, OptionalDouble.empty(), 28_260);

        assertThat(new ChangedLayerTable()
                        .times(Map.of(new LayerId("fc1"), times))
                        .of(changed)
                        .toString())
                .isEqualToNormalizingNewlines("""
                changed layer  latency before  measured after
                fc1                  0.047 ms        0.028 ms
                fc2                         -               -
                """);
        assertThat(new ChangedLayerTable()
                        .times(Map.of(new LayerId("fc1"), times, new LayerId("fc2"), times.withPredicted(20_000)))
                        .of(changed)
                        .toString())
                .isEqualToNormalizingNewlines("""
                changed layer  latency before  predicted after  measured after
                fc1                  0.047 ms                -        0.028 ms
                fc2                  0.047 ms         0.020 ms        0.028 ms
                """);
    }

    private static Layer layer(String name, Optional<String> path) {
        return new Layer(
                new LayerId(name),
                Affine.of(2, 2),
                List.of(1L, 2L),
                List.of(1L, 2L),
                ElementType.FLOAT32,
                Optional.empty(),
                path);
    }
}
