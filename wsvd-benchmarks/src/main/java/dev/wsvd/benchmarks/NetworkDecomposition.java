package dev.wsvd.benchmarks;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.Schemes;
import dev.wsvd.factorization.WeightSvd;
import dev.wsvd.pipeline.resolve.Resolver;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Decomposes each layer of a network once, up to the largest rank that saves memory, as often as it is asked to: prints the
 * layers' sizes (outputs, inputs and taps), then the seconds it took for every line that it reads.
 */
public final class NetworkDecomposition {
    private static final CompressionScheme SCHEME = new WeightSvd();
    private static final Costs COSTS = Costs.of(new Schemes(List.of(SCHEME)));

    private NetworkDecomposition() {}

    /** @param args a network, such as {@code resnet18}, and a backend's id */
    public static void main(String[] args) throws IOException {
        List<Layer> layers = Network.valueOf(args[0].toUpperCase(Locale.ROOT)).layers();
        LinearAlgebra linearAlgebra =
                Resolver.backends().resolve(Optional.of(args[1])).create();
        System.out.println(layers.stream().map(NetworkDecomposition::size).collect(Collectors.joining(" ")));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (lines.readLine() != null) {
            System.out.println(seconds(layers, linearAlgebra));
        }
    }

    private static String size(Layer layer) {
        return layer.outChannels() + "x" + layer.inChannels() + "x"
                + layer.weight().kernelSize();
    }

    private static double seconds(List<Layer> layers, LinearAlgebra linearAlgebra) {
        long nanos = 0;
        for (Layer layer : layers) {
            float[] weight = Weights.gaussian(
                    layer.weight().elements(), layer.id().name().hashCode());
            Choice largest = largestThatSaves(layer);
            long start = System.nanoTime();
            SCHEME.factor(
                    layer,
                    dev.wsvd.domain.layer.Weights.of(layer.weight(), weight),
                    Optional.empty(),
                    largest,
                    linearAlgebra);
            nanos += System.nanoTime() - start;
        }
        return nanos * 1e-9;
    }

    private static Choice largestThatSaves(Layer layer) {
        long whole = COSTS.of(layer).of(Metric.MEMORY);
        return SCHEME.choices(layer, "input-channel", 1).stream()
                .filter(choice -> COSTS.of(layer, choice).of(Metric.MEMORY) < whole)
                .reduce((first, second) -> second)
                .orElseThrow();
    }
}
