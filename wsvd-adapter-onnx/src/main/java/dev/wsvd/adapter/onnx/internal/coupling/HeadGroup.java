package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.ChannelMap.Digit;
import dev.wsvd.adapter.onnx.internal.coupling.CouplingGraph.Site;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Contraction;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Mixing;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Read;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Track;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.LayerId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** The heads of one product: their units, where the layers have them, and why they have to stay, if they have to. */
final class HeadGroup {
    /**
     * Units of a writer: its channels, unit by unit, as many of each.
     *
     * @param spread how many
     */
    record Written(Site writer, List<Integer> channels, int spread) {
        int units() {
            return channels.size() / spread;
        }
    }

    private static final int[] ONE = {0};

    private final String name;
    private final Kind kind;
    private final int heads;
    private final List<Written> writers;
    private final List<Slice> readers = new ArrayList<>();
    private final Optional<String> reason;

    private HeadGroup(
            HeadFlow flow,
            int node,
            Kind kind,
            int heads,
            List<Written> writers,
            List<Read> reads,
            Optional<String> reason) {
        this.name = HeadRules.name(flow.graph().nodes().get(node));
        this.kind = kind;
        this.heads = heads;
        this.writers = List.copyOf(writers);
        this.reason = reason.or(() -> blocked(flow))
                .or(() -> tooFew())
                .or(() -> kind == Kind.VALUES ? read(reads) : Optional.empty());
    }

    /** Of what a product sums over positions. */
    static HeadGroup values(HeadFlow flow, Mixing mixing) {
        ChannelMap map = mixing.map();
        int[] starts = map.across(mixing.unitAxis());
        Written written = new Written(mixing.writer(), units(starts, map.along(mixing.unitAxis()), ONE), 1);
        List<Read> reads = flow.reads().stream()
                .filter(read -> read.track().mixing().filter(of -> of == mixing).isPresent())
                .toList();
        return new HeadGroup(
                flow, mixing.node(), Kind.VALUES, starts.length, List.of(written), reads, Optional.empty());
    }

    private static List<Integer> units(int[] heads, int[] within, int[] copies) {
        List<Integer> units = new ArrayList<>();
        for (int head : heads) {
            for (int unit : within) {
                for (int copy : copies) {
                    units.add(head + unit + copy);
                }
            }
        }
        return units;
    }

    /** Of what a product of two writers sums over. */
    static HeadGroup scores(HeadFlow flow, Contraction contraction) {
        Track queries = contraction.queries();
        Track keys = contraction.keys();
        int left = queries.map().rank();
        int right = keys.map().rank();
        Pairing heads = new Pairing();
        for (int axis = Math.max(left, right); axis > 2; axis--) {
            heads.pair(digits(queries.map(), left - axis), digits(keys.map(), right - axis));
        }
        Pairing within = new Pairing();
        within.pair(queries.map().axes().get(left - 1), keys.map().axes().get(right - 2));
        Optional<String> reason = heads.fits() && within.fits() && within.isOneToOne()
                ? Optional.empty()
                : Optional.of("queries and keys are in another order");
        int[] ofQueries = heads.left(queries.map().offset());
        List<Written> written = List.of(
                written(queries.writer(), ofQueries, within.left(0), heads.leftCopies()),
                written(keys.writer(), heads.right(keys.map().offset()), within.right(0), heads.rightCopies()));
        return new HeadGroup(
                flow,
                contraction.node(),
                Kind.SCORES,
                ofQueries.length,
                written,
                List.of(),
                reason.or(() -> overlap(written)).or(() -> SoftmaxBehind.missing(flow.graph(), contraction.node())));
    }

    private static Written written(Site writer, int[] heads, int[] within, int[] copies) {
        return new Written(writer, units(heads, within, copies), copies.length);
    }

    private static List<Digit> digits(ChannelMap map, int axis) {
        return axis < 0 ? List.of() : map.axes().get(axis);
    }

    private static Optional<String> overlap(List<Written> written) {
        boolean same = written.get(0).writer().equals(written.get(1).writer())
                && !Collections.disjoint(
                        written.get(0).channels(), written.get(1).channels());
        return same ? Optional.of("they are queries and keys at once") : Optional.empty();
    }

    private Optional<String> blocked(HeadFlow flow) {
        return writers.stream()
                .flatMap(written ->
                        written.channels().stream().flatMap(channel -> flow.reason(written.writer(), channel).stream()))
                .findFirst();
    }

    private Optional<String> tooFew() {
        return perHead() < 2 ? Optional.of("each head has one only") : Optional.empty();
    }

    /** Finds the readers' channels; every reader has each unit equally often. */
    private Optional<String> read(List<Read> reads) {
        Map<Integer, Integer> unitOf = new HashMap<>();
        List<Integer> channels = writers.get(0).channels();
        for (int unit = 0; unit < channels.size(); unit++) {
            unitOf.put(channels.get(unit), unit);
        }
        for (Read read : reads) {
            List<List<Integer>> byUnit = new ArrayList<>();
            channels.forEach(channel -> byUnit.add(new ArrayList<>()));
            ChannelMap map = read.track().map();
            int[] along = map.along(read.axis());
            for (int i = 0; i < along.length; i++) {
                byUnit.get(unitOf.get(map.offset() + along[i])).add(i);
            }
            if (byUnit.stream()
                    .anyMatch(of -> of.isEmpty() || of.size() != byUnit.get(0).size())) {
                return Optional.of("layer '" + read.reader().layer().id() + "' reads some of them only");
            }
            readers.add(new Slice(
                    read.reader().layer(),
                    Side.READS,
                    byUnit.stream().flatMap(Collection::stream).toList()));
        }
        return readers.isEmpty() ? Optional.of("no layer reads what " + name + " makes of them") : Optional.empty();
    }

    /** The product, for people. */
    String name() {
        return name;
    }

    /** Why the units have to stay, if so. */
    Optional<String> reason() {
        return reason;
    }

    List<Written> writers() {
        return writers;
    }

    /** The units' channels, by the layer that writes them. */
    Map<LayerId, TreeSet<Integer>> channels() {
        Map<LayerId, TreeSet<Integer>> all = new LinkedHashMap<>();
        writers.forEach(written -> all.computeIfAbsent(written.writer().layer().id(), layer -> new TreeSet<>())
                .addAll(written.channels()));
        return all;
    }

    /** The units of a layer's output channels, −1 for those of none. */
    int[] unitsOf(Site writer) {
        int[] units = new int[writer.layer().outChannels()];
        Arrays.fill(units, Units.NONE);
        for (Written written : writers) {
            for (int unit = 0;
                    written.writer().equals(writer) && unit < written.channels().size();
                    unit++) {
                units[written.channels().get(unit)] = unit / written.spread();
            }
        }
        return units;
    }

    int perHead() {
        return writers.get(0).units() / heads;
    }

    Coupling coupling() {
        List<Slice> slices = new ArrayList<>();
        writers.forEach(written -> slices.add(new Slice(written.writer().layer(), Side.WRITES, written.channels())));
        slices.addAll(readers);
        Slice first = kind == Kind.VALUES ? readers.get(0) : slices.get(0);
        return new Coupling(first.layer(), kind, heads, perHead(), slices);
    }
}
