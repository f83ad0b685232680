package dev.wsvd.benchmarks;

import dev.wsvd.cost.CostModel;
import dev.wsvd.domain.CostMetric;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.factor.Factorizer;
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
    private NetworkDecomposition() {}

    /** @param args a network, such as {@code resnet18}, and a backend's id */
    public static void main(String[] args) throws IOException {
        List<Layer> layers = Network.valueOf(args[0].toUpperCase(Locale.ROOT)).layers();
        Factorizer factorizer =
                new Factorizer(Resolver.backends().resolve(Optional.of(args[1])).create());
        System.out.println(layers.stream().map(NetworkDecomposition::size).collect(Collectors.joining(" ")));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (lines.readLine() != null) {
            System.out.println(seconds(layers, factorizer));
        }
    }

    private static String size(Layer layer) {
        return layer.outChannels() + "x" + layer.inChannels() + "x"
                + layer.weight().kernelSize();
    }

    private static double seconds(List<Layer> layers, Factorizer factorizer) {
        long nanos = 0;
        for (Layer layer : layers) {
            float[] weight = Weights.gaussian(
                    layer.weight().elements(), layer.id().name().hashCode());
            int rank = CostModel.maxSavingRank(layer, Unfolding.INPUT_CHANNEL, CostMetric.MEMORY);
            long start = System.nanoTime();
            factorizer.factor(layer, weight, Unfolding.INPUT_CHANNEL, rank);
            nanos += System.nanoTime() - start;
        }
        return nanos * 1e-9;
    }
}
