package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.Flow.Touch;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Couplings of channels: between the layers that write and read them there is only work channel by channel. Units that the same
 * layers touch are of one coupling.
 */
public final class ChannelFinder implements CouplingFinder {
    @Override
    public Findings find(CouplingGraph graph) {
        return graph.isOrdered() ? new Search(ChannelFlow.of(graph)).findings() : new Findings(List.of(), List.of());
    }

    /** One search. */
    private static final class Search {
        private final Flow flow;
        /** By unit: the channels it has, by touch. */
        private final Map<Integer, Map<Integer, List<Integer>>> channels = new TreeMap<>();

        Search(Flow flow) {
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

        Findings findings() {
            Map<Map<Integer, Integer>, List<Integer>> alike = new LinkedHashMap<>();
            Map<Uncoupled, Integer> kept = new LinkedHashMap<>();
            channels.forEach((unit, touched) -> {
                Optional<String> reason = flow.units().reason(unit).or(() -> missing(touched.keySet()));
                if (reason.isPresent()) {
                    kept.merge(new Uncoupled(ids(touched.keySet()), 1, reason.get()), 1, Integer::sum);
                } else {
                    Map<Integer, Integer> counts = new LinkedHashMap<>();
                    touched.forEach((touch, of) -> counts.put(touch, of.size()));
                    alike.computeIfAbsent(counts, c -> new ArrayList<>()).add(unit);
                }
            });
            List<FoundCoupling> found = new ArrayList<>();
            alike.forEach((counts, units) -> {
                if (units.size() < 2) {
                    kept.put(new Uncoupled(ids(counts.keySet()), 1, "there is one only"), 1);
                } else {
                    found.add(coupling(counts.keySet(), units));
                }
            });
            return new Findings(
                    found,
                    kept.entrySet().stream()
                            .map(e -> new Uncoupled(
                                    e.getKey().writers(),
                                    e.getValue(),
                                    e.getKey().reason()))
                            .toList());
        }

        private Optional<String> missing(Collection<Integer> touches) {
            return layers(touches, Side.WRITES).isEmpty()
                    ? Optional.of("no layer writes them")
                    : layers(touches, Side.READS).isEmpty() ? Optional.of("no layer reads them") : Optional.empty();
        }

        private List<Layer> layers(Collection<Integer> touches, Side side) {
            return touches.stream()
                    .map(flow.touches()::get)
                    .filter(touch -> touch.side() == side && touch.layer().isPresent())
                    .map(touch -> touch.layer().orElseThrow())
                    .toList();
        }

        private List<LayerId> ids(Collection<Integer> touches) {
            return layers(touches, Side.WRITES).stream().map(Layer::id).toList();
        }

        private FoundCoupling coupling(Collection<Integer> touches, List<Integer> units) {
            List<Slice> slices = touches.stream()
                    .sorted(Comparator.comparing((Integer number) ->
                                    flow.touches().get(number).side())
                            .thenComparing(Comparator.naturalOrder()))
                    .filter(number -> flow.touches().get(number).layer().isPresent())
                    .map(number -> slice(number, units))
                    .toList();
            Layer name = layers(touches, Side.READS).get(0);
            return new FoundCoupling(new Coupling(name, Kind.CHANNELS, 1, units.size(), slices), edits(units));
        }

        private Slice slice(int number, List<Integer> units) {
            Touch touch = flow.touches().get(number);
            return new Slice(
                    touch.layer().orElseThrow(),
                    touch.side(),
                    units.stream()
                            .flatMap(unit -> channels.get(unit).get(number).stream())
                            .toList());
        }

        private List<GraphEdit> edits(List<Integer> units) {
            Map<Integer, Integer> numbers = new HashMap<>();
            units.forEach(unit -> numbers.put(unit, numbers.size()));
            List<GraphEdit> edits = new ArrayList<>();
            for (Flow.Change change : flow.changes()) {
                List<List<Integer>> of = change.units().stream()
                        .map(all -> numbered(all, numbers))
                        .toList();
                if (of.stream().flatMap(List::stream).anyMatch(number -> number != Units.NONE)) {
                    edits.add(change.make().apply(of));
                }
            }
            return edits;
        }

        private List<Integer> numbered(int[] units, Map<Integer, Integer> numbers) {
            List<Integer> numbered = new ArrayList<>(units.length);
            for (int unit : units) {
                numbered.add(
                        unit == Units.NONE
                                ? Units.NONE
                                : numbers.getOrDefault(flow.units().one(unit), Units.NONE));
            }
            return numbered;
        }
    }
}
