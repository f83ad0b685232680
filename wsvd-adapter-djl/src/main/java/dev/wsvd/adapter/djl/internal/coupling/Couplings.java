package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.wsvd.adapter.djl.internal.block.LayerCuts;
import dev.wsvd.adapter.djl.internal.block.LayerStages;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.tensor.ElementType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * All couplings of a network. Each is proved by a run: without some units the network gives what it gives with all, if no reader looks at
 * those. Code that no block tells of, such as a lambda that keeps what it is given for another, is found out by that.
 */
public final class Couplings {
    private static final long SEED = 20170;

    private final Function<NDManager, Block> network;
    private final NDManager manager;
    private final NDList inputs;

    private Couplings(Function<NDManager, Block> network, NDManager manager, NDList inputs) {
        this.network = network;
        this.manager = manager;
        this.inputs = inputs;
    }

    /**
     * What there is to cut.
     *
     * @param network gives a copy of the network, whose weights belong to a manager
     * @param layers of the network
     * @param inputs one sample
     */
    public static Findings of(
            Function<NDManager, Block> network, List<Layer> layers, NDManager manager, NDList inputs) {
        Findings found = ChannelFinder.find(ChannelFlow.of(network.apply(manager), layers, inputs, manager));
        return new Couplings(network, manager, random(inputs, manager)).proved(found);
    }

    private static NDList random(NDList like, NDManager manager) {
        SplittableRandom random = new SplittableRandom(SEED);
        NDList inputs = new NDList();
        for (NDArray array : like) {
            DataType type = array.getDataType();
            NDArray input = Trials.canWrite(type)
                    ? RandomArray.of(array.getShape(), 1, random).on(manager, type)
                    : array;
            input.setName(array.getName());
            inputs.add(input);
        }
        return inputs;
    }

    private Findings proved(Findings found) {
        if (found.couplings().isEmpty() || holds(found.couplings())) {
            return found;
        }
        List<FoundCoupling> couplings = new ArrayList<>();
        List<Uncoupled> uncoupled = new ArrayList<>(found.uncoupled());
        for (FoundCoupling one : found.couplings()) {
            if (holds(List.of(one))) {
                couplings.add(one);
            } else {
                uncoupled.add(new Uncoupled(
                        one.coupling().writers().stream()
                                .map(writer -> writer.layer().id())
                                .toList(),
                        one.coupling().units(),
                        "a run without some of them shows that something else sees them"));
            }
        }
        return new Findings(couplings, uncoupled);
    }

    /** Whether the network without half of the units gives what it does with all, if readers do not look at those. */
    private boolean holds(List<FoundCoupling> couplings) {
        try (NDManager own = manager.newSubManager()) {
            Block blind = network.apply(own);
            Random random = new Random(SEED);
            List<LayerCuts.Made> cuts = couplings.stream()
                    .map(found -> new LayerCuts.Made(halved(found.coupling(), blind, random), found.arrays()))
                    .toList();
            cuts.forEach(cut -> shutEyes(cut.replacement().cut().orElseThrow(), blind, own));
            Shape[] shapes = inputs.stream().map(NDArray::getShape).toArray(Shape[]::new);
            List<RandomArray> expected = run(blind, own);
            List<RandomArray> given = run(LayerCuts.weights(network.apply(own), cuts, shapes, own), own);
            return given.size() == expected.size()
                    && IntStream.range(0, given.size())
                            .allMatch(i -> expected.get(i).isLike(given.get(i), tolerance(couplings)));
        } catch (RuntimeException e) {
            // What sees the units does not run with fewer.
            return false;
        }
    }

    /** How much outputs may differ by rounding, relative to the largest. */
    private static double tolerance(List<FoundCoupling> couplings) {
        boolean single = couplings.stream()
                .flatMap(found -> found.coupling().layers().stream())
                .allMatch(layer -> layer.type() == ElementType.FLOAT32);
        return single ? 1e-3 : 5e-2;
    }

    private List<RandomArray> run(Block block, NDManager own) {
        return block.forward(new ParameterStore(own, false), inputs, false).stream()
                .map(RandomArray::of)
                .toList();
    }

    /** A cut that leaves the readers' weights as they are. */
    private static Replacement halved(Coupling coupling, Block tree, Random random) {
        List<Integer> units =
                new ArrayList<>(IntStream.range(0, coupling.units()).boxed().toList());
        Collections.shuffle(units, random);
        List<Integer> kept =
                units.subList(0, units.size() / 2).stream().sorted().toList();
        Cut cut = new Cut(coupling, kept, List.of());
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        for (Slice reader : coupling.readers()) {
            int[] columns =
                    cut.remaining(reader).stream().mapToInt(Integer::intValue).toArray();
            Op op = reader.layer().op().shrunk(0, reader.width() - columns.length);
            stages.put(
                    reader.layer(),
                    List.of(new Stage(
                            op, weight(reader.layer(), tree).taken(1, columns).values())));
        }
        return new Replacement(Choice.of("half", kept.size()), stages, Optional.of(cut), 0);
    }

    private static RandomArray weight(Layer layer, Block tree) {
        return RandomArray.of(LayerStages.find(tree, layer.id()).weight().getArray());
    }

    private static void shutEyes(Cut cut, Block tree, NDManager own) {
        for (Slice reader : cut.coupling().readers()) {
            RandomArray blind = weight(reader.layer(), tree).zeroed(1, cut.remaining(reader));
            NDArray array = LayerStages.find(tree, reader.layer().id()).weight().getArray();
            array.setRequiresGradient(false);
            blind.on(own, array.getDataType()).copyTo(array);
        }
    }
}
