package dev.wsvd.adapter.onnx.internal.rewrite;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Count;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Home;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Narrow;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Parts;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Recount;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Remember;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Undeclare;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Write;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.adapter.onnx.internal.graph.StoredWeights;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.CutLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Cuts units of a model: layers that read them get their new weights, whatever has a channel per unit keeps those that remain.
 * Several cuts are made at once, since two may change one tensor.
 */
public final class CutRewriter {
    /** What changes of a stored operand that is no layer's weight: which places go, by dim, and combinations of what stays. */
    private static final class Values {
        final Map<Integer, boolean[]> gone = new TreeMap<>();
        final List<Written> writes = new ArrayList<>();
    }

    /** A writer's output channels in a stored operand. */
    private record Written(Write write, Cut cut) {
        Slice slice() {
            return cut.coupling().writers().get(write.writer());
        }
    }

    /** Numbers to be put into a computed list of sizes, by place. */
    private static final class Sizes {
        final int length;
        final SortedMap<Integer, Long> numbers = new TreeMap<>();

        Sizes(int length) {
            this.length = length;
        }

        void lose(int place, long before, long lost) {
            numbers.merge(place, before - lost, (now, next) -> now - lost);
        }
    }

    private final GraphScan scan;
    private final ExternalData external;
    private final long opset;
    private final GraphEditor graph;
    private final Map<Operand, Values> values = new LinkedHashMap<>();
    private final Map<Home, Map<Integer, Integer>> counts = new LinkedHashMap<>();
    private final Map<Operand, Sizes> sizes = new LinkedHashMap<>();
    private final Map<Integer, Sizes> remembered = new LinkedHashMap<>();
    private final Map<Integer, int[]> parts = new LinkedHashMap<>();
    private final Map<Integer, Parts> split = new LinkedHashMap<>();
    private final Map<Layer, CutLayer> layers = new LinkedHashMap<>();

    private final CutWeights weights;

    private CutRewriter(ModelProto model, GraphScan scan, ExternalData external, CutWeights weights) {
        this.weights = weights;
        this.scan = scan;
        this.external = external;
        this.opset = OperatorSet.version(model);
        this.graph = new GraphEditor(model, scan.root(), external);
    }

    /**
     * The model with fewer units in some couplings.
     *
     * @param scan of the model
     * @param cuts each of another coupling
     * @param version what the result says it was made by
     * @param weights of that model, made before
     */
    public static ModelProto rewrite(
            ModelProto model,
            GraphScan scan,
            List<CutCoupling> cuts,
            ExternalData external,
            String version,
            CutWeights weights) {
        CutRewriter rewriter = new CutRewriter(model, scan, external, weights);
        cuts.forEach(rewriter::collect);
        rewriter.apply();
        ModelProto.Builder out = model.toBuilder().setGraph(rewriter.graph.build());
        Provenance.record(
                out,
                cuts.stream()
                        .map(cut -> new Provenance.Done(
                                cut.cut().coupling().layer().id(),
                                cut.replacement().choice()))
                        .toList(),
                version);
        return out.build();
    }

    private void collect(CutCoupling coupling) {
        Cut cut = coupling.cut();
        boolean[] stays = new boolean[cut.coupling().units()];
        cut.kept().forEach(unit -> stays[unit] = true);
        coupling.found().edits().forEach(edit -> collect(edit, cut, stays));
        cut.coupling().slices().stream()
                .filter(slice -> slice.side() != Side.PASSES)
                .forEach(slice ->
                        layers.computeIfAbsent(slice.layer(), CutLayer::new).add(slice, coupling.replacement()));
    }

    private void collect(GraphEdit edit, Cut cut, boolean[] stays) {
        if (edit instanceof Narrow narrow) {
            Values of = values.computeIfAbsent(narrow.operand(), operand -> new Values());
            mark(of, narrow.axis(), gone(narrow.units(), stays));
        } else if (edit instanceof Write write) {
            Values of = values.computeIfAbsent(write.operand(), operand -> new Values());
            Written written = new Written(write, cut);
            of.writes.add(written);
            boolean[] goes = new boolean[written.slice().width()];
            Arrays.fill(goes, true);
            cut.remaining(written.slice()).forEach(row -> goes[row] = false);
            mark(of, write.axis(), goes);
        } else if (edit instanceof Count count) {
            counts.computeIfAbsent(count.home(), home -> new TreeMap<>())
                    .merge(count.index(), number(gone(count.units(), stays)), Integer::sum);
        } else if (edit instanceof Parts of) {
            split.put(of.node(), of);
            int[] lost =
                    parts.computeIfAbsent(of.node(), node -> new int[of.sizes().size()]);
            for (int i = 0; i < lost.length; i++) {
                lost[i] += number(gone(of.units().get(i), stays));
            }
        } else if (edit instanceof Recount recount) {
            sizes.computeIfAbsent(recount.operand(), operand -> new Sizes(recount.length()))
                    .lose(recount.place(), recount.units().size(), number(gone(recount.units(), stays)));
        } else if (edit instanceof Remember remember) {
            remembered
                    .computeIfAbsent(remember.node(), node -> new Sizes(remember.length()))
                    .lose(remember.place(), remember.number(), 0);
        } else if (edit instanceof Undeclare undeclare) {
            graph.undeclare(undeclare.tensor());
        }
    }

    private static void mark(Values values, int axis, boolean[] gone) {
        values.gone.merge(axis, gone, (some, more) -> {
            boolean[] both = some.clone();
            for (int i = 0; i < both.length; i++) {
                both[i] |= more[i];
            }
            return both;
        });
    }

    private static boolean[] gone(List<Integer> units, boolean[] stays) {
        boolean[] gone = new boolean[units.size()];
        for (int i = 0; i < gone.length; i++) {
            gone[i] = units.get(i) >= 0 && !stays[units.get(i)];
        }
        return gone;
    }

    private static int number(boolean[] gone) {
        int number = 0;
        for (boolean one : gone) {
            number += one ? 1 : 0;
        }
        return number;
    }

    private void apply() {
        values.forEach(this::change);
        counts.forEach(this::count);
        sizes.forEach((operand, of) -> graph.overwrite(operand, of.length, of.numbers));
        remembered.forEach((node, of) -> graph.overwrite(node, of.length, of.numbers));
        parts.forEach((node, lost) -> graph.split(node, sizes(split.get(node).sizes(), lost), opset));
        layers.forEach((layer, cut) -> {
            LayerNode node = scan.layer(layer.id()).orElseThrow();
            weight(node, cut);
            cut.correction().ifPresent(correction -> correct(node, correction));
        });
    }

    private void change(Operand operand, Values change) {
        StoredArray array = graph.values(operand);
        for (Written written : change.writes) {
            array = combined(array, written);
        }
        for (Map.Entry<Integer, boolean[]> gone : change.gone.entrySet()) {
            boolean[] goes = gone.getValue();
            List<Integer> kept = IntStream.range(0, goes.length)
                    .filter(i -> !goes[i])
                    .boxed()
                    .toList();
            array = array.kept(gone.getKey(), kept);
        }
        graph.store(operand, array);
    }

    /** A writer's channels combined; those that go still stand there. */
    private static StoredArray combined(StoredArray array, Written of) {
        if (of.cut().combinations().isEmpty()) {
            return array;
        }
        Cut cut = of.cut();
        Write write = of.write();
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, array.dims().size()).boxed().toList());
        Collections.swap(order, 0, write.axis());
        StoredArray rows = array.permuted(order);
        float[] all = rows.floats();
        int width = all.length / Math.toIntExact(rows.dims().get(0));
        float[] written = cut.written(write.writer(), all, width);
        List<Integer> remaining = cut.remaining(of.slice());
        for (int i = 0; i < remaining.size(); i++) {
            System.arraycopy(written, i * width, all, remaining.get(i) * width, width);
        }
        return StoredArray.of(array.type(), rows.dims(), all).permuted(order);
    }

    private void count(Home home, Map<Integer, Integer> lost) {
        long[] numbers = graph.numbers(home);
        lost.forEach((index, loss) -> numbers[index] -= numbers[index] < 0 ? -loss : loss);
        graph.setNumbers(home, numbers);
    }

    private static List<Long> sizes(List<Integer> before, int[] lost) {
        return IntStream.range(0, lost.length)
                .mapToObj(i -> (long) before.get(i) - lost[i])
                .toList();
    }

    private void weight(LayerNode node, CutLayer cut) {
        graph.store(
                new Operand(node.index(), node.form().isWeightFirst() ? 0 : 1),
                weights.of(node.id(), cut, () -> stored(node, cut)));
    }

    private StoredArray stored(LayerNode node, CutLayer cut) {
        float[] weight = cut.weight(StoredWeights.of(node, external).all());
        List<Long> dims = new ArrayList<>(node.storedShape().orElseThrow().dims().stream()
                .map(Integer::longValue)
                .toList());
        dims.set(0, (long) cut.out());
        dims.set(1, (long) cut.in());
        StoredArray seen = StoredArray.of(node.constant().orElseThrow().tensor().getDataType(), dims, weight);
        if (node.form() == LayerForm.CONV_TRANSPOSE) {
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, dims.size()).boxed().toList());
            Collections.swap(order, 0, 1);
            return seen.permuted(order);
        }
        return node.weightTransposed() ? seen.permuted(List.of(1, 0)) : seen;
    }

    /** Into the bias where there is one, or could be; else added behind the layer. */
    private void correct(LayerNode node, float[] correction) {
        int type = node.constant().orElseThrow().type();
        Optional<BiasPlace> place = BiasPlace.of(node).filter(found -> graph.mayStore(node, found));
        if (place.isPresent() && place.get().factor() == 1) {
            StoredArray bias = graph.values(place.get().operand());
            if (bias.elements() == correction.length
                    && place.get()
                            .isPerChannel(node, node.storedShape().orElseThrow().out())) {
                float[] sum = bias.floats();
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += correction[i];
                }
                graph.store(place.get().operand(), StoredArray.of(bias.type(), bias.dims(), sum));
                return;
            }
        }
        boolean free = graph.hasNoThird(node)
                && (node.form().isConv() || node.form() == LayerForm.GEMM_RIGHT && BiasPlace.isUnscaled(node));
        if (free) {
            graph.addThird(node, StoredArray.of(type, List.of((long) correction.length), correction));
            return;
        }
        Shift shift = new Shift(node, opset);
        graph.addBehind(node, shift, StoredArray.of(type, shift.dims(correction.length), shift.values(correction)));
    }
}
