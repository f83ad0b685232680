package dev.wsvd.pipeline;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Activations;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * About how long each step of a run takes, in nanoseconds of one machine with two cores, for progress alone: {@link Forecast} puts what
 * a run measures of itself in the place of these figures. They are from runs on the demo network and MobileNetV2.
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
    /** A multiplication in the product of a weight with itself. */
    private static final double LENGTH = 0.02;
    /** Factors, in decompositions without them. */
    private static final double VECTORS = 2;
    /** A decomposition, at least. */
    private static final double DECOMPOSITION = 3e7;
    /** Making a network ready to run, and a weight of it. */
    private static final double READY = 3e7;

    private static final double WEIGHT = 9;
    /** Fitting a layer to what is known then. */
    private static final double FIT = 5e7;
    /** Decompositions that the search for a kernel's factors takes as long as. */
    private static final double SEARCH = 4;
    /** Patches that are looked at of a layer at most, or so many per element. */
    private static final double PATCHES = 30_000;

    private static final double PATCHES_PER_ELEMENT = 20;
    /** Samples that training after a layer sees, forwards and backwards. */
    private static final double TRAINED = 10_000;
    /** Steps that finishing has at most. */
    private static final int FINISHED = 24;
    /** Samples of an evaluator that does not say. */
    private static final long EVALUATED = 1000;

    private final Settings<?> settings;
    private final List<Layer> layers;
    private final Map<LayerId, Double> macsFrom = new HashMap<>();
    private final double macs;
    private final double ready;
    private long evaluated;

    Workload(Settings<?> settings, List<Layer> layers) {
        this.settings = settings;
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

    /** Timing a network beside another. */
    double timing() {
        return LatencyMeasurement.TIMING;
    }

    /** Layers that may be replaced. */
    List<Layer> supported() {
        return layers.stream().filter(Layer::supported).toList();
    }

    private long inputs() {
        return settings.calibration.map(Activations::samples).orElse(0L);
    }

    /** An evaluation. */
    double evaluation() {
        if (evaluated == 0) {
            evaluated = settings.evaluator
                    .flatMap(evaluator -> evaluator.identity(settings.iterations))
                    .map(EvaluatorIdentity::samples)
                    .orElse(Math.min(EVALUATED, settings.iterations));
        }
        return run(evaluated);
    }

    private double run(long samples) {
        return ready + MAC * samples * macs;
    }

    /** Moments of all layers. */
    double moments() {
        long samples = inputs();
        return run(samples)
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
        if (settings.calibration.isPresent()) {
            return DECOMPOSITION + CUBE * layer.groups() * in * in * in;
        }
        double elements = (double) layer.weight().elements() / layer.groups();
        double side = Math.min(in, elements / in);
        return DECOMPOSITION + layer.groups() * side * (CUBE * side * side + LENGTH * elements);
    }

    /** MACs per sample of a layer and all behind it, exactly. */
    double macsFrom(LayerId first) {
        return macsFrom.get(first);
    }

    /** A run of the network from a layer on, to weigh what changes there. */
    double weighing(LayerId first, long samples) {
        return ready + MAC * samples * macsFrom(first);
    }

    /** Making what stands in a layer's place: without a kernel the factors of all but large layers are there already. */
    double replacement(Layer layer) {
        if (layer.weight().kernelSize() > 1) {
            return SEARCH * decomposition(layer);
        }
        return FactorCache.isLarge(layer) ? VECTORS * decomposition(layer) : 0;
    }

    /** Two networks from the layer before up to this one, and a fit. */
    double correction(Layer layer) {
        long samples = inputs();
        double runs = MAC * 2 * samples * macs / layers.size();
        return 2 * ready + FIT + runs + SEEN_TWICE * samples * elements(layer) + products(layer, samples) / 2;
    }

    /** Training after a layer was replaced. */
    double training() {
        return MAC * TRAINED * macs;
    }

    /** What is made of the compressed model at last: two networks on samples in each of its steps, about one per layer. */
    double finishing() {
        return 2 * Math.min(layers.size(), FINISHED) * run(Math.min(Divergence.SAMPLES, inputs()));
    }

    /** Two networks on samples, and the outputs of some layers. */
    double outputErrors(Collection<Layer> changed) {
        long samples = Math.min(
                OutputErrors.SAMPLES,
                settings.reportedOn.map(Activations::samples).orElse(0L));
        return 2 * run(samples)
                + changed.stream()
                        .mapToDouble(layer -> SEEN * samples * elements(layer))
                        .sum();
    }
}
