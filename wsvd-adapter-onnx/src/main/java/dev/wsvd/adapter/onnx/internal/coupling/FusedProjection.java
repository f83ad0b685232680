package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.coupling.ChannelMap.Digit;
import dev.wsvd.adapter.onnx.internal.coupling.CouplingGraph.Site;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.HeadFlow.Track;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A layer that writes queries, keys and values at once, which are laid out in dims of outer × numbers × inner before they are picked by
 * number. While they are laid out together, all have as many dims.
 *
 * @param tensor what has all channels along one axis
 * @param axis that axis
 * @param rank of the tensor
 * @param moves nodes that lay them out, in order
 * @param picks by number, which rise and do not overlap
 */
public record FusedProjection(
        String tensor, int axis, int rank, int outer, int numbers, int inner, List<Move> moves, List<Pick> picks) {
    /**
     * A node that lays them out.
     *
     * @param size what it is told of the axis that has the numbers, if that has to change
     */
    public record Move(int node, Optional<Size> size) {}

    /**
     * A size that a {@code Reshape} node is told.
     *
     * @param home where it is stored: as the node's operand, or as one of the node that puts all sizes together
     * @param index which number there
     * @param perNumber of it for each number
     */
    public record Size(Operand home, int index, int perNumber) {}

    /**
     * What takes some of them.
     *
     * @param output what it gives
     * @param from the first number
     * @param count how many
     * @param drops whether the axis of numbers is gone behind it
     */
    public record Pick(int node, String output, int from, int count, boolean drops) {}

    private static final int SHAPE = 1;
    private static final Set<String> MOVES = Set.of("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Identity", "Cast");

    public FusedProjection {
        moves = List.copyOf(moves);
        picks = List.copyOf(picks);
    }

    /** How a writer's channels are laid out and picked; empty if in another way. */
    static Optional<FusedProjection> of(HeadFlow flow, Site writer) {
        return new Search(flow, writer).found();
    }

    /** One search. */
    private static final class Search {
        private final HeadFlow flow;
        private final CouplingGraph graph;
        private final Site writer;

        Search(HeadFlow flow, Site writer) {
            this.flow = flow;
            this.graph = flow.graph();
            this.writer = writer;
        }

        Optional<FusedProjection> found() {
            String start = writer.node().output();
            List<Integer> path = new ArrayList<>();
            String at = start;
            List<Integer> takers = takers(at);
            while (takers.size() == 1 && flow.track(output(takers.get(0))).isPresent() && isMove(takers.get(0), at)) {
                at = output(takers.get(0));
                path.add(takers.get(0));
                if (isWhole(at)) {
                    start = at;
                    path.clear();
                }
                takers = takers(at);
            }
            return isWhole(start) ? picked(start, at, path, takers) : Optional.empty();
        }

        /** Nodes that take a tensor; none if something else does too. Of what stays as it is the shape may be asked for. */
        private List<Integer> takers(String tensor) {
            List<Integer> takers = new ArrayList<>(graph.takers(tensor));
            boolean known = takers.size() == graph.uses(tensor);
            if (isWhole(tensor)) {
                takers.removeIf(index -> graph.nodes().get(index).getOpType().equals("Shape"));
            }
            return known ? takers : List.of();
        }

        private boolean isWhole(String tensor) {
            return flow.track(tensor)
                    .flatMap(track -> track.map().wholeAxis(writer.layer().outChannels()))
                    .isPresent();
        }

        private String output(int node) {
            return graph.nodes().get(node).getOutput(0);
        }

        private ChannelMap map(String tensor) {
            return flow.track(tensor).orElseThrow().map();
        }

        /** What is added before they are laid out stays where it is. */
        private boolean isMove(int node, String tensor) {
            NodeProto move = graph.nodes().get(node);
            boolean told = move.getInputCount() > 1
                    || Attributes.find(move, "axes").isPresent()
                    || !move.getOpType().equals("Squeeze");
            return MOVES.contains(move.getOpType()) && told || move.getOpType().equals("Add") && isWhole(tensor);
        }

        private Optional<FusedProjection> picked(String start, String end, List<Integer> path, List<Integer> takers) {
            ChannelMap whole = map(end);
            List<Pick> picks = new ArrayList<>();
            Optional<Integer> axis = takers.isEmpty() ? Optional.empty() : pickedAxis(takers.get(0), whole);
            if (axis.isEmpty() || whole.axes().get(axis.get()).size() != 1 || path.isEmpty()) {
                return Optional.empty();
            }
            Digit digit = whole.axes().get(axis.get()).get(0);
            for (int taker : takers) {
                if (!pickedAxis(taker, whole).equals(axis) || !addPicks(taker, whole, digit, picks)) {
                    return Optional.empty();
                }
            }
            picks.sort(Comparator.comparing(Pick::from));
            for (int i = 1; i < picks.size(); i++) {
                if (picks.get(i).from()
                        < picks.get(i - 1).from() + picks.get(i - 1).count()) {
                    return Optional.empty();
                }
            }
            Optional<List<Move>> moves = moves(path, digit);
            int channels = writer.layer().outChannels();
            int own = map(start).wholeAxis(channels).orElseThrow();
            int outer = channels / digit.size() / digit.stride();
            boolean room = outer == 1 || own == map(start).rank() - 1;
            return moves.filter(m -> room)
                    .map(m -> new FusedProjection(
                            start, own, map(start).rank(), outer, digit.size(), digit.stride(), m, picks));
        }

        /** The axis along which a node picks, if it does along one that tells channels apart. */
        private Optional<Integer> pickedAxis(int node, ChannelMap map) {
            NodeProto pick = graph.nodes().get(node);
            if (Set.of("Gather", "Split").contains(pick.getOpType())) {
                long axis = Attributes.integer(pick, "axis", 0);
                return Optional.of((int) (axis < 0 ? axis + map.rank() : axis)).filter(map::varies);
            }
            ChannelMap after = flow.track(output(node)).map(Track::map).orElse(map);
            if (!pick.getOpType().equals("Slice") || after.rank() != map.rank()) {
                return Optional.empty();
            }
            List<Integer> changed = new ArrayList<>();
            for (int axis = 0; axis < map.rank(); axis++) {
                if (after.size(axis) != map.size(axis)) {
                    changed.add(axis);
                }
            }
            return changed.size() == 1 ? Optional.of(changed.get(0)).filter(map::varies) : Optional.empty();
        }

        private boolean addPicks(int node, ChannelMap whole, Digit digit, List<Pick> picks) {
            for (String output : graph.nodes().get(node).getOutputList()) {
                ChannelMap part = flow.track(output).map(Track::map).orElse(null);
                if (part == null) {
                    return false;
                }
                int count =
                        part.channels().size() * digit.size() / whole.channels().size();
                int from = (part.offset() - whole.offset()) / digit.stride();
                picks.add(new Pick(node, output, from, count, part.rank() < whole.rank()));
            }
            return true;
        }

        /** The sizes that change where one number stands for all. */
        private Optional<List<Move>> moves(List<Integer> path, Digit digit) {
            List<Move> moves = new ArrayList<>();
            for (int node : path) {
                ChannelMap map = map(output(node));
                Optional<Integer> axis = axisOf(map, digit);
                if (axis.isEmpty() || map.size(axis.get()) % digit.size() != 0) {
                    return Optional.empty();
                }
                if (!graph.nodes().get(node).getOpType().equals("Reshape")) {
                    moves.add(new Move(node, Optional.empty()));
                    continue;
                }
                SizeEntry entry = SizeEntry.of(graph, node, SHAPE, axis.get());
                if (entry.is(-1)) {
                    moves.add(new Move(node, Optional.empty()));
                } else if (entry.home().isPresent() && entry.is(map.size(axis.get()))) {
                    int perNumber = map.size(axis.get()) / digit.size();
                    moves.add(new Move(
                            node, Optional.of(new Size((Operand) entry.home().get(), entry.index(), perNumber))));
                } else {
                    return Optional.empty();
                }
            }
            return Optional.of(moves);
        }

        /** The axis among whose digits the numbers are. */
        private static Optional<Integer> axisOf(ChannelMap map, Digit numbers) {
            for (int axis = 0; axis < map.rank(); axis++) {
                boolean has = map.axes().get(axis).stream()
                        .anyMatch(digit -> digit.stride() > 0
                                && digit.stride() <= numbers.stride()
                                && digit.stride() * digit.size() >= numbers.stride() * numbers.size());
                if (has) {
                    return Optional.of(axis);
                }
            }
            return Optional.empty();
        }
    }
}
