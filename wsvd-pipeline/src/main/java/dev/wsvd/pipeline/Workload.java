package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * About how long the steps of a run take, in nanoseconds of one machine with two cores, for progress alone: {@link Forecast} puts what a
 * run measures of itself in the place of these figures. They are from runs on the demo network and MobileNetV2.
 */
final class Workload {
    private static final double MAC = 0.025;
    /** A multiplication of doubles in a product of patches. */
    private static final double PRODUCT = 0.06;
    /** A number that a layer sees or gives, to be added to sums. */
    private static final double SEEN = 5;
    /** The same where two networks run in lockstep. */
    private static final double SEEN_TWICE = 14;
    /** A cube of the side of a matrix that is decomposed. */
    private static final double CUBE = 0.05;
    /** A decomposition, at least. */
    private static final double DECOMPOSITION = 3e7;
    /** Making a network ready to run, and a weight of it. */
    private static final double READY = 3e7;

    private static final double WEIGHT = 9;
    /** Fitting a layer to what is known then. */
    private static final double FIT = 2e8;
    /** Patches that are looked at of a layer at most, or so many per element. */
    private static final double PATCHES = 30_000;

    private static final double PATCHES_PER_ELEMENT = 20;
    /** Samples that training after a layer sees, forwards and backwards. */
    private static final double TRAINED = 10_000;

    private final List<Layer> layers;
    private final Map<LayerId, Double> macsFrom = new HashMap<>();
    private final double macs;
    private final double ready;

    Workload(List<Layer> layers) {
        this.layers = layers;
        double sum = 0;
        for (int i = layers.size() - 1; i >= 0; i--) {
            sum += layers.get(i).sized().macs();
            macsFrom.put(layers.get(i).id(), sum);
        }
        this.macs = sum;
        this.ready = READY
                + WEIGHT
                        * layers.stream()
                                .mapToDouble(layer -> layer.weight().elements())
                                .sum();
    }

    /** Layers that may be replaced. */
    List<Layer> supported() {
        return layers.stream().filter(Layer::supported).toList();
    }

    /** A run of the whole network on samples. */
    double evaluation(long samples) {
        return ready + MAC * samples * macs;
    }

    /** Moments of all layers. */
    double moments(long samples) {
        return evaluation(samples)
                + supported().stream()
                        .mapToDouble(layer -> SEEN * samples * elements(layer) + products(layer, samples))
                        .sum();
    }

    /** Numbers that a layer sees and gives of a sample. */
    private static double elements(Layer layer) {
        return elements(layer.inputShape()) + elements(layer.outputShape());
    }

    private static double elements(List<Long> shape) {
        return shape.stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
    }

    /** Products of a layer's patches with each other. */
    private static double products(Layer layer, long samples) {
        double size = LayerMoments.covarianceSize(layer);
        double patches =
                Math.min(samples * (double) layer.outputPositions(), Math.max(PATCHES, PATCHES_PER_ELEMENT * size));
        return PRODUCT * patches * layer.groups() * size * size;
    }

    /** A layer's decomposition for a form. */
    double decomposition(Layer layer) {
        double in = LayerMoments.covarianceSize(layer);
        return DECOMPOSITION + CUBE * layer.groups() * in * in * in;
    }

    /** A run of the network from a layer on. */
    double divergence(LayerId first, long samples) {
        return ready + MAC * samples * macsFrom.get(first);
    }

    /** Making what stands in a layer's place. */
    double replacement(Layer layer) {
        return decomposition(layer) / 2;
    }

    /** Two networks from the layer before up to this one, and a fit. */
    double correction(Layer layer, long samples) {
        double runs = MAC * 2 * samples * macs / layers.size();
        return 2 * ready + FIT + runs + SEEN_TWICE * samples * elements(layer) + products(layer, samples) / 2;
    }

    /** The same of some layers. */
    double corrections(Collection<Layer> some, long samples) {
        return some.stream().mapToDouble(layer -> correction(layer, samples)).sum();
    }

    /** Training after a layer was replaced. */
    double training() {
        return MAC * TRAINED * macs;
    }

    /** Two networks on samples, and the outputs of some layers. */
    double outputErrors(Collection<Layer> changed, long samples) {
        return 2 * evaluation(samples)
                + changed.stream()
                        .mapToDouble(layer -> SEEN * samples * elements(layer))
                        .sum();
    }
}
