package dev.wsvd.pipeline;

import dev.wsvd.calibration.JointStatistics;
import dev.wsvd.calibration.Lockstep;
import dev.wsvd.calibration.NarrowedLayer;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Stage;
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
import java.util.stream.IntStream;
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
    private final List<Replacement> replacements;
    private final BiConsumer<Layer, String> leftAlone;
    private final Lockstep<M> lockstep;

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
        this.layers = layers();
        this.lockstep = new Lockstep<>(inputs, original.model(), layers, linearAlgebra);
    }

    /** Layers that are replaced or cut, but for those before the first that gives something else than in the original. */
    private List<Layer> layers() {
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

    /** How many layers there are to fit. */
    int size() {
        return layers.size();
    }

    /** A layer of those, by number. */
    LayerId layer(int number) {
        return layers.get(number).id();
    }

    /** What the replacements are by now. */
    List<Replacement> replacements() {
        return List.copyOf(replacements);
    }

    /** Fits one layer, if that lowers its error. */
    void fit(int number) {
        Layer layer = layers.get(number);
        int split = split(layer);
        try {
            if (split >= 0) {
                replacements.set(split, fitted(replacements.get(split), number));
            } else {
                fitted(layer, number);
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

    /** A layer that reads units of several cuts has a stage of each, and is left alone. */
    private void fitted(Layer layer, int number) {
        List<Integer> reading = indices(layer, Side.READS);
        if (reading.size() > 1) {
            return;
        }
        Optional<JointStatistics> joint;
        try (CompressibleModel<M> soFar = soFar(number)) {
            joint = lockstep.at(soFar.model(), layer, narrowed(layer));
        }
        int index = reading.isEmpty() ? indices(layer, Side.WRITES).get(0) : reading.get(0);
        Replacement replacement = replacements.get(index);
        Weights weights = original.weights(layer.id());
        Stage stage = Optional.ofNullable(stage(replacement, layer))
                .orElseGet(() -> new Stage(layer.op(), weights, Optional.empty()));
        joint.flatMap(it -> correction.corrected(layer, stage, weights, it.learnt(), it.heldOut()))
                .ifPresent(fitted -> replacements.set(index, with(replacement, layer, fitted)));
    }

    private static Stage stage(Replacement replacement, Layer layer) {
        return replacement.stages().entrySet().stream()
                .filter(of -> of.getKey().id().equals(layer.id()))
                .map(of -> of.getValue().get(0))
                .findFirst()
                .orElse(null);
    }

    private static Replacement with(Replacement replacement, Layer layer, Stage stage) {
        Layer key = replacement.stages().keySet().stream()
                .filter(of -> of.id().equals(layer.id()))
                .findFirst()
                .orElse(layer);
        return replacement.with(key, List.of(stage));
    }

    /** Replacements of whose units a layer has some. */
    private List<Integer> indices(Layer layer, Side side) {
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < replacements.size(); i++) {
            Optional<Cut> cut = replacements.get(i).cut();
            if (cut.isPresent()
                    && cut.get().coupling().slices().stream()
                            .anyMatch(slice ->
                                    slice.side() == side && slice.layer().id().equals(layer.id()))) {
                indices.add(i);
            }
        }
        return indices;
    }

    /** A layer with the channels that the cuts leave. */
    private NarrowedLayer narrowed(Layer layer) {
        Shrink shrink = replacements.stream()
                .flatMap(replacement -> replacement.cut().stream())
                .flatMap(cut -> Stream.ofNullable(
                        Cut.shrinks(cut.coupling(), cut.rank()).get(layer.id())))
                .reduce(Shrink.NONE, Shrink::plus);
        return new NarrowedLayer(layer.shrunk(shrink.out(), shrink.in()), outputs(layer));
    }

    /** Output channels of a layer that no cut takes. */
    private List<Integer> outputs(Layer layer) {
        List<Integer> outputs =
                new ArrayList<>(IntStream.range(0, layer.outChannels()).boxed().toList());
        for (int index : indices(layer, Side.WRITES)) {
            Cut cut = replacements.get(index).cut().orElseThrow();
            cut.coupling().writers().stream()
                    .filter(slice -> slice.layer().id().equals(layer.id()))
                    .forEach(slice -> outputs.retainAll(Set.copyOf(cut.remaining(slice))));
        }
        return outputs;
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
