package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.ArrayList;
import java.util.Arrays;
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
public final class Cuts {
    private Cuts() {}

    public static <M> Coupling at(CompressibleModel<M> model, String layer) {
        return model.couplings().stream()
                .filter(coupling -> coupling.layer().id().name().equals(layer))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no coupling at " + layer + ": " + model.couplings()));
    }

    /** The coupling whose units a layer reads. */
    public static <M> Coupling readBy(CompressibleModel<M> model, String layer) {
        return model.couplings().stream()
                .filter(coupling -> coupling.readers().stream()
                        .anyMatch(reader -> reader.layer().id().name().equals(layer)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no coupling read by " + layer + ": " + model.uncoupled()));
    }

    /** Some of the units, at least one of them and not all. */
    public static List<Integer> some(Coupling coupling, long seed) {
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
    public static <M> Replacement of(CompressibleModel<M> model, Coupling coupling, List<Integer> kept) {
        return of(model, coupling, kept, Map.of());
    }

    /** @param shifts bias corrections by reader */
    public static <M> Replacement of(
            CompressibleModel<M> model, Coupling coupling, List<Integer> kept, Map<String, float[]> shifts) {
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

    /**
     * A cut that keeps the part of each head in a random subspace; readers get of that part what they got before.
     *
     * @param rank units that each head keeps
     */
    public static <M> Replacement combined(CompressibleModel<M> model, Coupling coupling, int rank, long seed) {
        List<Matrix> bases = bases(coupling, rank, new Random(seed));
        List<Matrix> combinations = bases.stream().map(Matrix::transposed).toList();
        Cut cut = new Cut(
                coupling,
                Cut.leading(coupling, rank),
                coupling.writers().stream().map(writer -> combinations).toList());
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        for (Slice reader : coupling.readers()) {
            Layer layer = reader.layer();
            float[] all = transformed(
                    coupling,
                    reader,
                    bases,
                    columnsFirst(layer, model.weights(layer.id()).all()));
            List<Integer> columns = cut.remaining(reader);
            int width = all.length / layer.inChannels();
            float[] kept = new float[columns.size() * width];
            for (int i = 0; i < columns.size(); i++) {
                System.arraycopy(all, columns.get(i) * width, kept, i * width, width);
            }
            var op = layer.op().shrunk(0, layer.inChannels() - columns.size());
            stages.put(
                    layer, List.of(new Stage(op, Weights.of(op.weight(), rowsFirst(layer, kept)), Optional.empty())));
        }
        return new Replacement(Choice.of("heads", rank), stages, Optional.of(cut), 0);
    }

    /** For each group a perGroup × rank matrix with orthonormal columns. */
    private static List<Matrix> bases(Coupling coupling, int rank, Random random) {
        List<Matrix> bases = new ArrayList<>();
        int dims = coupling.perGroup();
        for (int g = 0; g < coupling.groups(); g++) {
            double[] data = new double[dims * rank];
            for (int c = 0; c < rank; c++) {
                double[] column = random.doubles(dims, -1, 1).toArray();
                for (int before = 0; before < c; before++) {
                    double dot = 0;
                    for (int i = 0; i < dims; i++) {
                        dot += column[i] * data[i * rank + before];
                    }
                    for (int i = 0; i < dims; i++) {
                        column[i] -= dot * data[i * rank + before];
                    }
                }
                double norm = Math.sqrt(Arrays.stream(column).map(x -> x * x).sum());
                for (int i = 0; i < dims; i++) {
                    data[i * rank + c] = column[i] / norm;
                }
            }
            bases.add(new Matrix(dims, rank, data));
        }
        return bases;
    }

    /**
     * Elements by channel of a slice, each channel as wide: those of unit i of a group become Σ_k basis[k][i] · those of unit k. Of units
     * beyond the rank they become 0.
     */
    private static float[] transformed(Coupling coupling, Slice slice, List<Matrix> bases, float[] byChannel) {
        int width = byChannel.length / slice.width();
        float[] out = byChannel.clone();
        for (int unit = 0; unit < coupling.units(); unit++) {
            Matrix basis = bases.get(unit / coupling.perGroup());
            int first = unit - unit % coupling.perGroup();
            for (int copy = 0; copy < coupling.spread(slice); copy++) {
                int to = coupling.channels(slice, unit).get(copy);
                for (int i = 0; i < width; i++) {
                    double sum = 0;
                    for (int k = 0; k < coupling.perGroup() && unit - first < basis.cols(); k++) {
                        int from = coupling.channels(slice, first + k).get(copy);
                        sum += basis.get(k, unit - first) * byChannel[from * width + i];
                    }
                    out[to * width + i] = (float) sum;
                }
            }
        }
        return out;
    }

    /** E · Eᵀ. */
    private static Matrix projector(Matrix basis) {
        double[] data = new double[basis.rows() * basis.rows()];
        for (int i = 0; i < basis.rows(); i++) {
            for (int j = 0; j < basis.rows(); j++) {
                for (int c = 0; c < basis.cols(); c++) {
                    data[i * basis.rows() + j] += basis.get(i, c) * basis.get(j, c);
                }
            }
        }
        return new Matrix(basis.rows(), basis.rows(), data);
    }

    /** W[n][m][k] as W[m][n][k]. */
    private static float[] columnsFirst(Layer layer, float[] values) {
        return swapped(values, layer.outChannels(), layer.weight().kernelSize());
    }

    private static float[] rowsFirst(Layer layer, float[] values) {
        int taps = layer.weight().kernelSize();
        return swapped(values, values.length / taps / layer.outChannels(), taps);
    }

    private static float[] swapped(float[] values, int first, int taps) {
        int second = values.length / first / taps;
        float[] out = new float[values.length];
        for (int i = 0; i < first; i++) {
            for (int j = 0; j < second; j++) {
                System.arraycopy(values, (i * second + j) * taps, out, (j * first + i) * taps, taps);
            }
        }
        return out;
    }

    /**
     * The model that does not look at what goes: its readers do not or, where queries and keys are combined, its keys have nothing else.
     */
    public static <M> CompressibleModel<M> blind(CompressibleModel<M> model, Collection<Replacement> cuts) {
        Map<Layer, float[]> weights = new LinkedHashMap<>();
        Map<Layer, float[]> shifts = new LinkedHashMap<>();
        for (Replacement replacement : cuts) {
            Cut cut = replacement.cut().orElseThrow();
            if (!cut.combinations().isEmpty()) {
                project(model, cut, weights, shifts);
                continue;
            }
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

    private static <M> void project(
            CompressibleModel<M> model, Cut cut, Map<Layer, float[]> weights, Map<Layer, float[]> shifts) {
        Coupling coupling = cut.coupling();
        List<Matrix> projectors = cut.combinations().get(0).stream()
                .map(Matrix::transposed)
                .map(Cuts::projector)
                .toList();
        for (Slice reader : coupling.readers()) {
            Layer layer = reader.layer();
            weights.compute(layer, (of, now) -> {
                float[] values = now == null ? model.weights(layer.id()).all() : now;
                return rowsFirst(layer, transformed(coupling, reader, projectors, columnsFirst(layer, values)));
            });
        }
        if (coupling.kind() == Kind.SCORES) {
            Slice keys = coupling.writers().get(1);
            Layer layer = keys.layer();
            weights.compute(
                    layer,
                    (of, now) -> transformed(
                            coupling,
                            keys,
                            projectors,
                            now == null ? model.weights(layer.id()).all() : now));
            model.bias(layer.id()).ifPresent(bias -> {
                float[] after = transformed(coupling, keys, projectors, bias);
                for (int i = 0; i < bias.length; i++) {
                    after[i] -= bias[i];
                }
                shifts.merge(layer, after, Cuts::sum);
            });
        }
    }

    private static float[] sum(float[] some, float[] others) {
        float[] sum = some.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += others[i];
        }
        return sum;
    }

    /** Its layers have the sizes that are foretold. */
    public static <M> void assertSmaller(CompressibleModel<M> model, List<Replacement> cuts, CompressibleModel<M> cut) {
        assertEquals(
                model.layers().stream().map(Layer::id).toList(),
                cut.layers().stream().map(Layer::id).toList());
        for (int i = 0; i < cut.layers().size(); i++) {
            Layer before = model.layers().get(i);
            int out = 0;
            int in = 0;
            for (Replacement replacement : cuts) {
                Cut made = replacement.cut().orElseThrow();
                int rank = made.kept().size() / made.coupling().groups();
                var shrink = Cut.shrinks(made.coupling(), rank).get(before.id());
                out += shrink == null ? 0 : shrink.out();
                in += shrink == null ? 0 : shrink.in();
            }
            assertEquals(before.op().shrunk(out, in), cut.layers().get(i).op());
        }
        assertTrue(cut.parameters().getAsLong() < model.parameters().getAsLong());
    }
}
