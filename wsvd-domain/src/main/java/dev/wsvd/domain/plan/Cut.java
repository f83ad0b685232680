package dev.wsvd.domain.plan;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.Matrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What is left of a coupling's units. Everything that has a channel per unit keeps those of the units in {@link #kept()}: writers,
 * what passes units on, normalisations. Where units are combined, a writer's kept channels are first given combinations of its old
 * ones: T_g times the rows of group g.
 *
 * @param kept unit numbers in rising order, equally many of each group; where units are combined, the first of each group
 * @param combinations by writer, in order, by group: T_g, r × perGroup; empty where units are chosen
 */
public record Cut(Coupling coupling, List<Integer> kept, List<List<Matrix>> combinations) {
    /** @throws InvalidInputException if the sizes do not fit the coupling */
    public Cut {
        Objects.requireNonNull(coupling, "coupling");
        kept = List.copyOf(kept);
        combinations = combinations.stream().map(List::copyOf).toList();
        int rank = kept.size() / coupling.groups();
        for (int g = 0; g < coupling.groups(); g++) {
            int group = g;
            long ofGroup = kept.stream()
                    .filter(unit -> unit / coupling.perGroup() == group)
                    .count();
            if (ofGroup != rank || rank < 1) {
                throw new InvalidInputException(
                        "A cut of the coupling at '" + coupling.layer().id() + "' keeps " + ofGroup
                                + " units of group " + g + " where it keeps " + kept.size() + " of "
                                + coupling.groups() + " groups.");
            }
        }
        boolean fits = isRising(kept)
                && (combinations.isEmpty()
                        || coupling.kind() != Kind.CHANNELS
                                && combinations.size() == coupling.writers().size()
                                && combinations.stream()
                                        .allMatch(groups -> groups.size() == coupling.groups()
                                                && groups.stream()
                                                        .allMatch(t ->
                                                                t.rows() == rank && t.cols() == coupling.perGroup())));
        if (!fits) {
            throw new InvalidInputException(
                    "A cut of the coupling at '" + coupling.layer().id()
                            + "' needs kept units in rising order and, where it combines units, one " + rank + "×"
                            + coupling.perGroup() + " matrix for each writer and group.");
        }
    }

    private static boolean isRising(List<Integer> kept) {
        return IntStream.range(1, kept.size()).allMatch(i -> kept.get(i - 1) < kept.get(i));
    }

    /**
     * The first so many units of each group.
     *
     * @param rank at least 1
     */
    public static List<Integer> leading(Coupling coupling, int rank) {
        return IntStream.range(0, coupling.units())
                .filter(unit -> unit % coupling.perGroup() < rank)
                .boxed()
                .toList();
    }

    /** How many units of each group it keeps. */
    public int rank() {
        return kept.size() / coupling.groups();
    }

    /** The channels of a layer's side that remain, in order. */
    public List<Integer> remaining(Slice slice) {
        return coupling.remaining(slice, kept);
    }

    /**
     * A writer's weight or bias afterwards.
     *
     * @param writer number of the writer, from 0
     * @param values by output channel, all of the layer's, each with {@code width} elements
     * @return by remaining output channel
     */
    public float[] written(int writer, float[] values, int width) {
        Slice slice = coupling.writers().get(writer);
        float[] from = combinations.isEmpty() ? values : combined(slice, combinations.get(writer), values, width);
        List<Integer> remaining = remaining(slice);
        float[] after = new float[remaining.size() * width];
        for (int i = 0; i < remaining.size(); i++) {
            System.arraycopy(from, remaining.get(i) * width, after, i * width, width);
        }
        return after;
    }

    private float[] combined(Slice slice, List<Matrix> byGroup, float[] values, int width) {
        float[] combined = values.clone();
        List<List<Integer>> channels = IntStream.range(0, coupling.units())
                .mapToObj(unit -> coupling.channels(slice, unit))
                .toList();
        double[] row = new double[width];
        for (int g = 0; g < byGroup.size(); g++) {
            Matrix t = byGroup.get(g);
            int first = g * t.cols();
            for (int r = 0; r < t.rows(); r++) {
                for (int s = 0; s < coupling.spread(slice); s++) {
                    Arrays.fill(row, 0);
                    for (int k = 0; k < t.cols(); k++) {
                        double factor = t.get(r, k);
                        int from = channels.get(first + k).get(s) * width;
                        for (int i = 0; i < width; i++) {
                            row[i] += factor * values[from + i];
                        }
                    }
                    int to = channels.get(first + r).get(s) * width;
                    for (int i = 0; i < width; i++) {
                        combined[to + i] = (float) row[i];
                    }
                }
            }
        }
        return combined;
    }

    /** How much smaller a coupling's layers are when each group keeps so many units. */
    public static Map<LayerId, Shrink> shrinks(Coupling coupling, int rank) {
        Map<LayerId, Shrink> shrinks = new LinkedHashMap<>();
        int gone = coupling.groups() * (coupling.perGroup() - rank);
        for (Slice slice : coupling.slices()) {
            int channels = gone * coupling.spread(slice);
            Shrink shrink =
                    switch (slice.side()) {
                        case WRITES -> new Shrink(channels, 0);
                        case PASSES -> new Shrink(channels, channels);
                        case READS -> new Shrink(0, channels);
                    };
            shrinks.merge(slice.layer().id(), shrink, Shrink::plus);
        }
        return shrinks;
    }
}
