package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Stopwatch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where the time of a network goes.
 *
 * @param layers of the network; what its engine does not tell apart is absent
 */
record LayerProfile(Map<LayerId, Time> layers) {
    private static final double LONGEST_NS = 400_000_000;
    private static final int FEWEST = 5;
    private static final int MOST = 50;

    LayerProfile {
        layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
    }

    /**
     * The time of a layer.
     *
     * @param ns the mean of the middle half of the runs
     * @param scatter half the width of that half, in ns
     */
    record Time(double ns, double scatter) {
        private Time times(double factor) {
            return new Time(ns * factor, scatter * factor);
        }

        private Time plus(Time other) {
            return new Time(ns + other.ns, scatter + other.scatter);
        }

        private static Time of(List<Double> runs) {
            List<Double> sorted = runs.stream().sorted().toList();
            int quarter = sorted.size() / 4;
            List<Double> middle = sorted.subList(quarter, sorted.size() - quarter);
            double mean = middle.stream().mapToDouble(ns -> ns).average().orElseThrow();
            return new Time(mean, (middle.get(middle.size() - 1) - middle.get(0)) / 2);
        }
    }

    /**
     * The profile of a network, so scaled that all layers add up to its time; empty if they are too short for the engine's clock.
     *
     * @param ns of a run without profile
     */
    static LayerProfile of(Stopwatch watch, double ns) {
        int runs = (int) Math.max(FEWEST, Math.min(MOST, LONGEST_NS / Math.max(1, ns)));
        Map<LayerId, List<Double>> all = new LinkedHashMap<>();
        watch.profiles(runs)
                .forEach(run -> run.forEach((layer, time) ->
                        all.computeIfAbsent(layer, id -> new ArrayList<>()).add((double) time)));
        Map<LayerId, Time> times = new LinkedHashMap<>();
        all.forEach((layer, of) -> times.put(layer, Time.of(of)));
        double sum = times.values().stream().mapToDouble(Time::ns).sum();
        if (sum == 0) {
            return new LayerProfile(Map.of());
        }
        times.replaceAll((layer, time) -> time.times(ns / sum));
        return new LayerProfile(times);
    }

    /** What some layers take together; empty if none of them is told apart. */
    Optional<Time> of(Collection<LayerId> some) {
        return some.stream().map(layers::get).filter(Objects::nonNull).reduce(Time::plus);
    }
}
