package dev.wsvd.adapter.djl.internal.probe;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataDesc;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import ai.djl.util.Pair;
import dev.wsvd.adapter.djl.internal.block.Staged;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a model is given: names, types and shapes, batch first and dynamic (−1).
 *
 * @param inputs in the block's order
 */
public record Inputs(List<DataDesc> inputs) {
    public Inputs {
        inputs = List.copyOf(inputs);
    }

    /**
     * What the user said, else what the model remembers of its training, as arrays of the model's data type.
     *
     * @param given may be empty
     * @throws InvalidInputException if nobody knows the shapes
     */
    public static Inputs of(Model model, List<DataDesc> given) {
        List<DataDesc> found = new ArrayList<>();
        List<DataDesc> all = given.isEmpty() ? remembered(model) : given;
        for (int i = 0; i < all.size(); i++) {
            DataDesc input = all.get(i);
            String name = input.getName() == null || input.getName().isEmpty() ? "data" + i : input.getName();
            DataType type = input.getDataType() == DataType.UNKNOWN ? model.getDataType() : input.getDataType();
            long[] dims = input.getShape().getShape().clone();
            dims[0] = -1;
            found.add(new DataDesc(new Shape(dims), type, name));
        }
        return new Inputs(found);
    }

    /** The same but for some shapes, by name. */
    public Inputs with(Map<String, List<Long>> shapes) {
        Map<String, List<Long>> unknown = new TreeMap<>(shapes);
        List<DataDesc> changed = new ArrayList<>();
        for (DataDesc input : inputs) {
            List<Long> shape = unknown.remove(input.getName());
            changed.add(
                    shape == null
                            ? input
                            : new DataDesc(
                                    new Shape(shape.stream()
                                            .mapToLong(Long::longValue)
                                            .toArray()),
                                    input.getDataType(),
                                    input.getName()));
        }
        if (!unknown.isEmpty()) {
            throw new InvalidInputException(
                    "The model has no input '" + unknown.keySet().iterator().next() + "'; allowed: "
                            + inputs.stream().map(DataDesc::getName).toList() + ".");
        }
        return new Inputs(changed);
    }

    /** One sample of ones; dims nobody knows are 1. */
    public NDList dummy(NDManager manager) {
        return dummy(manager, 1);
    }

    /** So many samples of ones. */
    public NDList dummy(NDManager manager, int samples) {
        NDList list = new NDList();
        for (DataDesc input : inputs) {
            long[] dims = sample(input.getShape()).getShape();
            dims[0] = Math.max(dims[0], samples);
            NDArray array = manager.ones(new Shape(dims), input.getDataType());
            array.setName(input.getName());
            list.add(array);
        }
        return list;
    }

    /** Names and shapes of one sample, as DJL keeps them in its files. */
    public List<Pair<String, Shape>> description() {
        return inputs.stream()
                .map(input -> new Pair<>(input.getName(), sample(input.getShape())))
                .toList();
    }

    /** Shapes of one sample. */
    public Shape[] samples() {
        return inputs.stream().map(input -> sample(input.getShape())).toArray(Shape[]::new);
    }

    /** For people: {@code [data0: float32 (-1, 3, 224, 224)]}. */
    @Override
    public String toString() {
        return inputs.stream()
                .map(input -> input.getName() + ": " + input.getDataType() + " " + input.getShape())
                .toList()
                .toString();
    }

    private static Shape sample(Shape shape) {
        long[] dims = shape.getShape().clone();
        for (int i = 0; i < dims.length; i++) {
            dims[i] = Math.max(dims[i], 1);
        }
        return new Shape(dims);
    }

    private static List<DataDesc> remembered(Model model) {
        if (model.getBlock() instanceof Linear linear && !(linear instanceof Staged)) {
            // A Linear remembers its input without the features.
            long features = linear.getDirectParameters()
                    .get("weight")
                    .getArray()
                    .getShape()
                    .get(1);
            return List.of(new DataDesc(new Shape(1, features), DataType.UNKNOWN, ""));
        }
        Shape[] shapes;
        try {
            shapes = model.getBlock().getInputShapes();
        } catch (IllegalStateException e) {
            throw new InvalidInputException(
                    "The shapes of the inputs of model '" + model.getName()
                            + "' are unknown. Maybe give them: new DataDesc(new Shape(1, 3, 224, 224)).",
                    e);
        }
        List<DataDesc> all = new ArrayList<>();
        for (Shape shape : shapes) {
            all.add(new DataDesc(shape, DataType.UNKNOWN, ""));
        }
        return all;
    }
}
