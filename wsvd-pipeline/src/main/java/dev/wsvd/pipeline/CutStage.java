package dev.wsvd.pipeline;

import dev.wsvd.calibration.NarrowedLayer;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.CutLayer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A layer that reads or writes units of cuts, as one stage: all its outputs, of the input channels that every cut leaves. What several
 * cuts change of a layer adds up ({@link CutLayer}); once it is fitted as a whole, the first of those that it reads from makes all of
 * the change and the others none.
 */
final class CutStage {
    private final Layer layer;
    private final int taps;
    private final Weights original;
    private final List<Replacement> replacements;
    /** Numbers of the replacements that hold its weights: all cuts that it reads from, or the first that it only writes to. */
    private final List<Integer> holders;

    /**
     * @param original weights of the layer
     * @param replacements all there are, with at least one cut whose units the layer reads or writes
     */
    CutStage(Layer layer, Weights original, List<Replacement> replacements) {
        this.layer = layer;
        this.taps = layer.weight().kernelSize();
        this.original = original;
        this.replacements = replacements;
        List<Integer> read = numbers(Side.READS);
        this.holders = read.isEmpty() ? numbers(Side.WRITES).subList(0, 1) : read;
    }

    private List<Integer> numbers(Side side) {
        return IntStream.range(0, replacements.size())
                .filter(i -> slices(replacements.get(i), side).findAny().isPresent())
                .boxed()
                .toList();
    }

    /** Where the units of a cut are in the layer. */
    private Stream<Slice> slices(Replacement replacement, Side side) {
        return replacement.cut().stream()
                .flatMap(cut -> cut.coupling().slices().stream())
                .filter(slice -> slice.side() == side && slice.layer().id().equals(layer.id()));
    }

    /** The layer with the channels that the cuts leave. */
    NarrowedLayer narrowed() {
        Shrink shrink = replacements.stream()
                .flatMap(replacement -> replacement.cut().stream())
                .flatMap(cut -> Stream.ofNullable(
                        Cut.shrinks(cut.coupling(), cut.rank()).get(layer.id())))
                .reduce(Shrink.NONE, Shrink::plus);
        return new NarrowedLayer(
                layer.shrunk(shrink.out(), shrink.in()), remaining(replacements, Side.WRITES, layer.outChannels()));
    }

    /** Channels on a side of the layer that none of some cuts takes. */
    private List<Integer> remaining(List<Replacement> cuts, Side side, int channels) {
        List<Integer> remaining =
                new ArrayList<>(IntStream.range(0, channels).boxed().toList());
        for (Replacement replacement : cuts) {
            slices(replacement, side)
                    .map(slice -> replacement.cut().orElseThrow().remaining(slice))
                    .forEach(kept -> remaining.retainAll(Set.copyOf(kept)));
        }
        return remaining;
    }

    private List<Integer> inputs(List<Replacement> cuts) {
        return remaining(cuts, Side.READS, layer.weight().inPerGroup());
    }

    /** The stage as it is by now. */
    Stage stage() {
        Replacement first = replacements.get(holders.get(0));
        if (slices(first, Side.READS).findAny().isEmpty()) {
            return held(first).orElseGet(() -> new Stage(layer.op(), original, Optional.empty()));
        }
        CutLayer sum = new CutLayer(layer);
        for (int holder : holders) {
            Replacement cut = replacements.get(holder);
            slices(cut, Side.READS).forEach(slice -> sum.add(slice, cut));
        }
        return stage(sum.in(), sum.weight(original.all()), sum.correction());
    }

    private Optional<Stage> held(Replacement replacement) {
        return replacement.stages().entrySet().stream()
                .filter(of -> of.getKey().id().equals(layer.id()))
                .map(of -> of.getValue().get(0))
                .findFirst();
    }

    private Stage stage(int inputs, float[] weights, Optional<float[]> correction) {
        Op op = layer.op().shrunk(0, layer.weight().inPerGroup() - inputs);
        return new Stage(op, Weights.of(op.weight(), weights), correction);
    }

    /**
     * The replacements with another stage in the layer's place.
     *
     * @param fitted of the shape of {@link #stage()}
     */
    List<Replacement> with(Stage fitted) {
        float[] unchanged = original.all();
        List<Replacement> all = new ArrayList<>(replacements);
        for (int holder : holders) {
            boolean first = holder == holders.get(0);
            all.set(
                    holder,
                    holding(
                            replacements.get(holder),
                            first ? whole(fitted) : unchanged,
                            first ? fitted.biasCorrection() : Optional.empty()));
        }
        return all;
    }

    /** The layer's weight with a stage's at the inputs that remain. */
    private float[] whole(Stage fitted) {
        float[] whole = original.all().clone();
        float[] values = fitted.weights().all();
        int at = 0;
        List<Integer> inputs = inputs(replacements);
        for (int row = 0; row < layer.outChannels(); row++) {
            for (int input : inputs) {
                System.arraycopy(values, at, whole, offset(row, input), taps);
                at += taps;
            }
        }
        return whole;
    }

    /** A cut whose stage has the layer's weight at the inputs that this cut leaves. */
    private Replacement holding(Replacement cut, float[] whole, Optional<float[]> correction) {
        List<Integer> inputs = inputs(List.of(cut));
        float[] weights = new float[layer.outChannels() * inputs.size() * taps];
        int at = 0;
        for (int row = 0; row < layer.outChannels(); row++) {
            for (int input : inputs) {
                System.arraycopy(whole, offset(row, input), weights, at, taps);
                at += taps;
            }
        }
        Layer key = cut.stages().keySet().stream()
                .filter(of -> of.id().equals(layer.id()))
                .findFirst()
                .orElse(layer);
        return cut.with(key, List.of(stage(inputs.size(), weights, correction)));
    }

    private int offset(int row, int input) {
        return (row * layer.weight().inPerGroup() + input) * taps;
    }
}
