package dev.wsvd.adapter.djl.internal.coupling;

import dev.wsvd.adapter.djl.internal.block.ChannelArrays;
import dev.wsvd.adapter.djl.internal.coupling.ChannelFlow.Touch;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Couplings of channels: units that the same layers write, pass on and read, and that nothing else sees. */
final class ChannelFinder {
    private final ChannelFlow flow;
    /** By unit: the channels it has, by touch. */
    private final Map<Integer, Map<Integer, List<Integer>>> channels = new TreeMap<>();

    private final Set<LayerId> names = new HashSet<>();
    private final List<FoundCoupling> found = new ArrayList<>();
    /** Those that have to stay, each of one unit, and all that are alike. */
    private final Map<Uncoupled, List<Integer>> kept = new LinkedHashMap<>();

    private ChannelFinder(ChannelFlow flow) {
        this.flow = flow;
        for (int number = 0; number < flow.touches().size(); number++) {
            int[] units = flow.touches().get(number).units();
            for (int channel = 0; channel < units.length; channel++) {
                if (units[channel] != Units.NONE) {
                    channels.computeIfAbsent(flow.units().one(units[channel]), unit -> new LinkedHashMap<>())
                            .computeIfAbsent(number, touch -> new ArrayList<>())
                            .add(channel);
                }
            }
        }
    }

    static Findings find(ChannelFlow flow) {
        ChannelFinder finder = new ChannelFinder(flow);
        finder.group();
        return new Findings(
                finder.found,
                finder.kept.entrySet().stream()
                        .sorted(Comparator.comparing(one -> one.getValue().get(0)))
                        .map(one -> new Uncoupled(
                                one.getKey().writers(),
                                one.getValue().size(),
                                one.getKey().reason()))
                        .toList());
    }

    private void group() {
        Map<Map<Integer, Integer>, List<Integer>> alike = new LinkedHashMap<>();
        channels.forEach((unit, touched) -> {
            Optional<String> reason = flow.units()
                    .reason(unit)
                    .or(() -> layers(touched.keySet(), Side.READS).findAny().isEmpty()
                            ? Optional.of("no layer reads them")
                            : Optional.empty());
            if (reason.isPresent()) {
                keep(touched.keySet(), List.of(unit), reason.get());
            } else {
                Map<Integer, Integer> counts = new LinkedHashMap<>();
                touched.forEach((touch, of) -> counts.put(touch, of.size()));
                alike.computeIfAbsent(counts, c -> new ArrayList<>()).add(unit);
            }
        });
        alike.forEach((counts, units) -> couple(counts.keySet(), units));
    }

    private void couple(Set<Integer> touched, List<Integer> units) {
        if (units.size() < 2) {
            keep(touched, units, "there is one only");
            return;
        }
        Optional<Layer> name = Stream.concat(layers(touched, Side.READS), layers(touched, Side.WRITES))
                .filter(layer -> names.add(layer.id()))
                .findFirst();
        if (name.isEmpty()) {
            keep(touched, units, "other couplings are named after all of their layers");
            return;
        }
        List<Slice> slices = touched.stream()
                .sorted(Comparator.comparing(
                                (Integer number) -> flow.touches().get(number).side())
                        .thenComparing(Comparator.naturalOrder()))
                .map(number -> slice(number, units))
                .toList();
        found.add(new FoundCoupling(new Coupling(name.get(), Kind.CHANNELS, 1, units.size(), slices), arrays(units)));
    }

    private void keep(Collection<Integer> touched, List<Integer> units, String reason) {
        List<LayerId> writers = layers(touched, Side.WRITES).map(Layer::id).toList();
        kept.computeIfAbsent(new Uncoupled(writers, 1, reason), one -> new ArrayList<>())
                .addAll(units);
    }

    private Stream<Layer> layers(Collection<Integer> touched, Side side) {
        return touched.stream()
                .map(flow.touches()::get)
                .filter(touch -> touch.side() == side)
                .map(Touch::layer);
    }

    private Slice slice(int number, List<Integer> units) {
        Touch touch = flow.touches().get(number);
        return new Slice(
                touch.layer(),
                touch.side(),
                units.stream()
                        .flatMap(unit -> channels.get(unit).get(number).stream())
                        .toList());
    }

    private List<ChannelArrays> arrays(List<Integer> units) {
        Map<Integer, Integer> numbers = new HashMap<>();
        units.forEach(unit -> numbers.put(unit, numbers.size()));
        return flow.norms().stream()
                .map(norm -> new ChannelArrays(
                        norm.place(),
                        Arrays.stream(norm.units())
                                .mapToObj(unit -> unit == Units.NONE
                                        ? Units.NONE
                                        : numbers.getOrDefault(flow.units().one(unit), Units.NONE))
                                .toList()))
                .filter(norm -> norm.units().stream().anyMatch(unit -> unit != Units.NONE))
                .toList();
    }
}
