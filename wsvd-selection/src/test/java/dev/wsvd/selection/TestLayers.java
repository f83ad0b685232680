package dev.wsvd.selection;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Layers for the tests of this module. */
final class TestLayers {
    private TestLayers() {}

    /** A Linear layer on one position: its memory and its MACs are out · in, at rank r they are r (in + out). */
    static Layer linear(String name, int out, int in) {
        return Layer.of(new LayerId(name), Affine.of(out, in), List.of(1L, (long) in), List.of(1L, (long) out));
    }

    /** A 3×3 Conv on side × side positions, in and out. */
    static Layer conv(String name, int out, int in, int groups, long side) {
        return Layer.of(
                new LayerId(name),
                new Convolution(new WeightShape(out * groups, in, List.of(3, 3)), groups, List.of(1, 1)),
                List.of(1L, (long) in * groups, side, side),
                List.of(1L, (long) out * groups, side, side));
    }

    static LayerId id(String name) {
        return new LayerId(name);
    }

    /** Any small layer of that name, some of them unsupported. */
    static Arbitrary<Layer> any(String name) {
        Arbitrary<Integer> channels = Arbitraries.integers().between(1, 24);
        Arbitrary<Layer> linear = Combinators.combine(channels, channels).as((out, in) -> linear(name, out, in));
        Arbitrary<Layer> unsupported = linear.map(layer -> layer.unsupported("depthwise"));
        Arbitrary<Layer> conv = Combinators.combine(
                        channels,
                        channels,
                        Arbitraries.integers().between(1, 2),
                        Arbitraries.longs().between(1, 6))
                .as((out, in, groups, side) -> conv(name, out, in, groups, side));
        return Arbitraries.frequencyOf(Tuple.of(4, linear), Tuple.of(4, conv), Tuple.of(1, unsupported));
    }

    /** Models of one to {@code most} layers. */
    static Arbitrary<List<Layer>> models(int most) {
        return Arbitraries.integers().between(1, most).flatMap(size -> {
            List<Arbitrary<Layer>> layers =
                    IntStream.range(0, size).mapToObj(i -> any("layer" + i)).toList();
            return Combinators.combine(layers).as(list -> list);
        });
    }

    static Arbitrary<Metric> metrics() {
        return Arbitraries.of(Metric.MAC, Metric.MEMORY);
    }

    static Arbitrary<String> forms() {
        return Arbitraries.of("input-channel", "output-channel", "spatial");
    }

    /** Ratios in hundredths. */
    static Arbitrary<CompressionRatio> ratios() {
        return Arbitraries.integers().between(1, 100).map(n -> new CompressionRatio(n, 100));
    }
}
