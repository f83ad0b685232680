package dev.wsvd.pipeline;

import dev.wsvd.calibration.JointStatistics;
import dev.wsvd.calibration.Lockstep;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.factorization.Projections;
import dev.wsvd.factorization.SequentialCorrection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * Fits replaced layers anew, in graph order, to what they gave in the original, for what those before them give now: the last stage of
 * each that is split, alone or with its siblings, and each whole layer that reads or writes units of a cut.
 */
final class Correction<M> implements AutoCloseable {
    private final CompressibleModel<M> original;
    private final LinearAlgebra linearAlgebra;
    private final SequentialCorrection correction;
    private final List<Layer> layers;
    private final BiConsumer<Layer, String> leftAlone;
    private final Lockstep<M> lockstep;
    private List<Replacement> replacements;

    /**
     * @param replacements in graph order
     * @param leftAlone told of each layer that could not be fitted, and why
     */
    Correction(
            Activations<M> inputs,
            CompressibleModel<M> original,
            LinearAlgebra linearAlgebra,
            List<Replacement> replacements,
            BiConsumer<Layer, String> leftAlone) {
        this.original = original;
        this.linearAlgebra = linearAlgebra;
        this.correction = new SequentialCorrection(linearAlgebra);
        this.replacements = new ArrayList<>(replacements);
        this.leftAlone = leftAlone;
        this.layers = changedLayers();
        this.lockstep = new Lockstep<>(inputs, original.model(), layers, linearAlgebra);
    }

    /** Layers that are replaced or cut, but for those before the first that gives something else than in the original. */
    private List<Layer> changedLayers() {
        Set<LayerId> fitted = new HashSet<>();
        Set<LayerId> changed = new HashSet<>();
        for (Replacement replacement : replacements) {
            replacement.stages().keySet().forEach(layer -> changed.add(layer.id()));
            // Where nothing reads the units they are multiplied with each other, and their products change.
            Set<LayerId> writers = replacement.stages().isEmpty() ? changed : fitted;
            replacement
                    .cut()
                    .ifPresent(cut -> cut.coupling()
                            .writers()
                            .forEach(writer -> writers.add(writer.layer().id())));
        }
        fitted.addAll(changed);
        return original.layers().stream()
                .filter(layer -> fitted.contains(layer.id()))
                .dropWhile(layer -> !changed.contains(layer.id()))
                .toList();
    }

    /** The layers to fit, in this order. */
    List<Layer> layers() {
        return layers;
    }

    /** What the replacements are by now. */
    List<Replacement> replacements() {
        return List.copyOf(replacements);
    }

    /** Fits a layer, by its number, if that lowers its error. */
    void fit(int number) {
        Layer layer = layers.get(number);
        int split = split(layer);
        try {
            if (split >= 0) {
                replacements.set(split, fitted(replacements.get(split), number));
            } else {
                replacements = cut(layer, number);
            }
        } catch (LinearAlgebraException e) {
            leftAlone.accept(layer, e.getMessage());
        }
    }

    private int split(Layer layer) {
        for (int i = 0; i < replacements.size(); i++) {
            if (replacements.get(i).cut().isEmpty()
                    && replacements.get(i).stages().keySet().stream()
                            .anyMatch(replaced -> replaced.id().equals(layer.id()))) {
                return i;
            }
        }
        return -1;
    }

    private Replacement fitted(Replacement all, int number) {
        Layer layer = layers.get(number);
        Replacement replacement =
                all.part(replaced -> replaced.id().equals(layer.id())).orElseThrow();
        return Projections.of(replacement, linearAlgebra)
                .flatMap(projection -> {
                    try (CompressibleModel<M> soFar = soFar(number)) {
                        return lockstep.at(soFar.model(), layer, projection);
                    }
                })
                .map(joint ->
                        correction.correct(replacement, original.weights(layer.id()), joint.learnt(), joint.heldOut()))
                .map(one -> all.with(one.layer(), one.parts()))
                .orElse(all);
    }

    private List<Replacement> cut(Layer layer, int number) {
        Weights weights = original.weights(layer.id());
        CutStage cut = new CutStage(layer, weights, replacements);
        Optional<JointStatistics> joint;
        try (CompressibleModel<M> soFar = soFar(number)) {
            joint = lockstep.at(soFar.model(), layer, cut.narrowed());
        }
        return joint.flatMap(it -> correction.corrected(layer, cut.stage(), weights, it.learnt(), it.heldOut()))
                .map(cut::with)
                .orElse(replacements);
    }

    /** The original with all cuts, and with the splits before a layer. */
    private CompressibleModel<M> soFar(int number) {
        Set<LayerId> before = new HashSet<>();
        layers.subList(0, number).forEach(layer -> before.add(layer.id()));
        return original.with(replacements.stream()
                .flatMap(replacement -> replacement.cut().isPresent()
                        ? Stream.of(replacement)
                        : replacement.part(layer -> before.contains(layer.id())).stream())
                .toList());
    }

    @Override
    public void close() {
        lockstep.close();
    }
}
