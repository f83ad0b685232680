package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataDesc;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.wsvd.adapter.djl.internal.probe.Inputs;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Runs a model's network as it is, without a translator. The model stays open when this is closed. */
final class DjlPredictor implements Predictor {
    /** What is run. */
    @FunctionalInterface
    interface Network {
        /**
         * Copies of everything to give, by name.
         *
         * @param manager closed after the run
         */
        Map<String, Tensor> run(NDManager manager, NDList inputs);
    }

    private final Model model;
    private final Inputs inputs;
    private final Network network;
    private final Runnable whenClosed;
    private final List<TensorInfo> outputs;
    private boolean closed;

    DjlPredictor(Model model, Inputs inputs) {
        this(
                model,
                inputs,
                (manager, arrays) -> named(model.getBlock().forward(new ParameterStore(manager, false), arrays, false)),
                () -> {});
    }

    /**
     * @param network runs once on a dummy input before this is made
     * @param whenClosed runs when this is closed for the first time
     */
    DjlPredictor(Model model, Inputs inputs, Network network, Runnable whenClosed) {
        this.model = model;
        this.inputs = inputs;
        this.network = network;
        this.whenClosed = whenClosed;
        List<TensorInfo> found = new ArrayList<>();
        forward(inputs::dummy).forEach((name, tensor) -> {
            List<Long> shape = new ArrayList<>(tensor.shape());
            if (!shape.isEmpty()) {
                shape.set(0, -1L);
            }
            found.add(new TensorInfo(name, tensor.type(), shape));
        });
        this.outputs = List.copyOf(found);
    }

    @Override
    public List<TensorInfo> inputs() {
        return inputs.inputs().stream()
                .map(input ->
                        new TensorInfo(input.getName(), DataTypes.of(input.getDataType()), dims(input.getShape())))
                .toList();
    }

    @Override
    public List<TensorInfo> outputs() {
        return outputs;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> given) {
        if (closed) {
            throw new InvalidInputException("The predictor of model '" + model.getName() + "' is closed.");
        }
        check(given);
        return forward(manager -> arrays(manager, given));
    }

    private Map<String, Tensor> forward(Function<NDManager, NDList> arrays) {
        try (NDManager manager = model.getNDManager().newSubManager()) {
            return network.run(manager, arrays.apply(manager));
        } catch (InvalidInputException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ModelFormatException(
                    "The model '" + model.getName() + "' does not run: " + e.getMessage() + ".", e);
        }
    }

    private void check(Map<String, Tensor> given) {
        List<String> names = inputs.inputs().stream().map(DataDesc::getName).toList();
        for (String name : given.keySet()) {
            if (!names.contains(name)) {
                throw new InvalidInputException("The model has no input '" + name + "'; allowed: " + names + ".");
            }
        }
        for (TensorInfo input : inputs()) {
            Tensor tensor = given.get(input.name());
            if (tensor == null) {
                throw new InvalidInputException("Input '" + input.name() + "' is missing.");
            }
            if (tensor.type() != input.type() || !fits(input.shape(), tensor.shape())) {
                throw new InvalidInputException("Input '" + input.name() + "' needs " + input.type() + " of shape "
                        + input.shape() + ", found " + tensor.type() + " of shape " + tensor.shape() + ".");
            }
        }
    }

    private static boolean fits(List<Long> wanted, List<Long> found) {
        if (wanted.size() != found.size()) {
            return false;
        }
        for (int i = 0; i < wanted.size(); i++) {
            if (wanted.get(i) >= 0 && !wanted.get(i).equals(found.get(i))) {
                return false;
            }
        }
        return true;
    }

    private NDList arrays(NDManager manager, Map<String, Tensor> given) {
        NDList list = new NDList();
        for (DataDesc input : inputs.inputs()) {
            NDArray array = array(manager, given.get(input.getName()), input.getDataType());
            array.setName(input.getName());
            list.add(array);
        }
        return list;
    }

    /** A copy with an engine behind it. */
    static NDArray array(NDManager manager, Tensor tensor, DataType type) {
        ByteBuffer bytes = manager.allocateDirect(tensor.data().remaining());
        bytes.put(tensor.data()).rewind();
        long[] dims = tensor.shape().stream().mapToLong(Long::longValue).toArray();
        return manager.create(bytes.order(ByteOrder.LITTLE_ENDIAN), new Shape(dims), type);
    }

    /** Copies by the arrays' names, or numbered where they have none. */
    static Map<String, Tensor> named(NDList arrays) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < arrays.size(); i++) {
            String name = arrays.get(i).getName();
            tensors.put(name == null || name.isEmpty() ? "output" + i : name, tensor(arrays.get(i)));
        }
        return tensors;
    }

    /** A copy: the array's memory goes with its manager. */
    static Tensor tensor(NDArray array) {
        ByteBuffer bytes = array.toByteBuffer();
        ByteBuffer copy =
                ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
        return new Tensor(DataTypes.of(array.getDataType()), dims(array.getShape()), copy);
    }

    private static List<Long> dims(Shape shape) {
        return new ArrayList<>(Arrays.stream(shape.getShape()).boxed().toList());
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            whenClosed.run();
        }
    }
}
