package dev.wsvd.adapter.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A block as users write them: its children in fields of their own types, in lists, arrays and maps. */
final class OwnBlock extends AbstractBlock {
    private final Conv2d conv = addChildBlock("conv", Networks.conv(6, 3, 1, 1));
    private final Block pointwise = addChildBlock("pointwise", Networks.conv(4, 1, 0, 1));
    private final List<Linear> tower;
    private final Block[] array = {
        addChildBlock("first", Networks.linear(9)), addChildBlock("second", Networks.linear(8))
    };
    private final Map<String, Linear> heads = Map.of("main", addChildBlock("head", Networks.linear(7)));
    private final List<Block> grown = new ArrayList<>();

    OwnBlock() {
        tower = List.of(addChildBlock("tower1", Networks.linear(12)), addChildBlock("tower2", Networks.linear(10)));
        grown.add(addChildBlock("last", Networks.linear(5)));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
        NDList current = pointwise.forward(store, conv.forward(store, inputs, training), training);
        current = new NDList(current.singletonOrThrow().mean(new int[] {3}).mean(new int[] {2}));
        for (Linear linear : tower) {
            current = linear.forward(store, current, training);
        }
        for (Block block : array) {
            current = block.forward(store, current, training);
        }
        current = heads.get("main").forward(store, current, training);
        return grown.get(0).forward(store, current, training);
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
        conv.initialize(manager, type, inputs);
        pointwise.initialize(manager, type, conv.getOutputShapes(inputs));
        Shape[] shapes = {new Shape(inputs[0].get(0), 4)};
        List<Block> linears = new ArrayList<>(tower);
        linears.addAll(List.of(array));
        linears.addAll(heads.values());
        linears.addAll(grown);
        for (Block linear : linears) {
            linear.initialize(manager, type, shapes);
            shapes = linear.getOutputShapes(shapes);
        }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
        return new Shape[] {new Shape(inputs[0].get(0), 5)};
    }

    /** A block around one layer, which forward passes reach in some way of their own. */
    static final class Around extends AbstractBlock {
        private final Linear layer;
        private final Passes passes;

        /** How a forward pass uses the layer. */
        interface Passes {
            NDArray run(UnaryOperator<NDArray> layer, NDArray input);
        }

        Around(Linear layer, boolean captured, Passes passes) {
            addChildBlock("layer", layer);
            this.layer = captured ? null : layer;
            this.passes = captured ? capturing(layer, passes) : passes;
        }

        private static Passes capturing(Linear layer, Passes passes) {
            return (own, input) -> passes.run(array -> run(layer, array), input);
        }

        private static NDArray run(Linear layer, NDArray array) {
            return layer.forward(CURRENT.get(), new NDList(array), false).singletonOrThrow();
        }

        private static final ThreadLocal<ParameterStore> CURRENT = new ThreadLocal<>();

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            CURRENT.set(store);
            return new NDList(passes.run(array -> run(layer, array), inputs.singletonOrThrow()));
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
            getChildren().values().forEach(child -> child.initialize(manager, type, inputs));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return inputs;
        }
    }

    /** Keeps a Conv1d in a field of that type, which nothing else can be put into. */
    static final class WithConv1d extends AbstractBlock {
        private final Conv1d conv = addChildBlock(
                "conv",
                Conv1d.builder().setFilters(6).setKernelShape(new Shape(3)).build());

        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
            return conv.forward(store, inputs, training);
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
            conv.initialize(manager, type, inputs);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputs) {
            return conv.getOutputShapes(inputs);
        }
    }

    /** May compute anything. */
    static final class OwnLinear extends Linear {
        OwnLinear(int units) {
            super(builder(units));
        }

        private static Builder builder(int units) {
            return Linear.builder().setUnits(units);
        }
    }
}
