package dev.wsvd.adapter.djl;

import ai.djl.Model;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** Cuts that leave out units and fit nothing, and the networks that they must equal. */
final class Cuts {
    private Cuts() {}

    static Coupling at(CompressibleModel<Model> model, String layer) {
        return model.couplings().stream()
                .filter(coupling -> coupling.layer().id().name().equals(layer))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no coupling at " + layer + ": " + model.couplings()));
    }

    /** The coupling whose units a layer reads. */
    static Coupling readBy(CompressibleModel<Model> model, String layer) {
        return model.couplings().stream()
                .filter(coupling -> coupling.readers().stream()
                        .anyMatch(reader -> reader.layer().id().name().equals(layer)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no coupling read by " + layer + ": " + model.uncoupled()));
    }

    /** Some of the units, at least one of them and not all. */
    static List<Integer> some(Coupling coupling, long seed) {
        Random random = new Random(seed);
        Set<Integer> gone = new HashSet<>();
        int number = 1 + random.nextInt(coupling.units() - 1);
        while (gone.size() < number) {
            gone.add(random.nextInt(coupling.units()));
        }
        return IntStream.range(0, coupling.units())
                .filter(unit -> !gone.contains(unit))
                .boxed()
                .toList();
    }

    /** Readers keep their weights for what remains. */
    static Replacement of(CompressibleModel<Model> model, Coupling coupling, List<Integer> kept) {
        return of(model, coupling, kept, Map.of());
    }

    /** @param shifts bias corrections by reader */
    static Replacement of(
            CompressibleModel<Model> model, Coupling coupling, List<Integer> kept, Map<String, float[]> shifts) {
        Cut cut = new Cut(coupling, kept, List.of());
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        for (Slice reader : coupling.readers()) {
            Layer layer = reader.layer();
            List<Integer> columns = cut.remaining(reader);
            int taps = layer.weight().kernelSize();
            float[] all = model.weights(layer.id()).all();
            float[] values = new float[layer.outChannels() * columns.size() * taps];
            for (int row = 0; row < layer.outChannels(); row++) {
                for (int i = 0; i < columns.size(); i++) {
                    System.arraycopy(
                            all,
                            (row * layer.inChannels() + columns.get(i)) * taps,
                            values,
                            (row * columns.size() + i) * taps,
                            taps);
                }
            }
            var op = layer.op().shrunk(0, layer.inChannels() - columns.size());
            stages.put(
                    layer,
                    List.of(new Stage(
                            op,
                            Weights.of(op.weight(), values),
                            Optional.ofNullable(shifts.get(layer.id().name())))));
        }
        return new Replacement(Choice.of("channels", kept.size() / coupling.groups()), stages, Optional.of(cut), 0);
    }

    /** The model whose readers do not look at the units that go. */
    static CompressibleModel<Model> blind(CompressibleModel<Model> model, Collection<Replacement> cuts) {
        Map<Layer, float[]> weights = new LinkedHashMap<>();
        Map<Layer, float[]> shifts = new LinkedHashMap<>();
        for (Replacement replacement : cuts) {
            Cut cut = replacement.cut().orElseThrow();
            for (Slice reader : cut.coupling().readers()) {
                Layer layer = reader.layer();
                int taps = layer.weight().kernelSize();
                float[] values = weights.computeIfAbsent(
                        layer, of -> model.weights(of.id()).all().clone());
                Set<Integer> remaining = new HashSet<>(cut.remaining(reader));
                for (int row = 0; row < layer.outChannels(); row++) {
                    for (int column = 0; column < layer.inChannels(); column++) {
                        for (int t = 0; t < taps && !remaining.contains(column); t++) {
                            values[(row * layer.inChannels() + column) * taps + t] = 0;
                        }
                    }
                }
                replacement
                        .stages()
                        .get(layer)
                        .get(0)
                        .biasCorrection()
                        .ifPresent(shift -> shifts.merge(layer, shift, Cuts::sum));
            }
        }
        List<Replacement> all = new ArrayList<>();
        weights.forEach((layer, values) -> all.add(Replacement.of(
                layer,
                Choice.of("blind", 1),
                List.of(new Stage(
                        layer.op(), Weights.of(layer.weight(), values), Optional.ofNullable(shifts.get(layer)))),
                0)));
        return model.with(all);
    }

    private static float[] sum(float[] some, float[] others) {
        float[] sum = some.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += others[i];
        }
        return sum;
    }
}
