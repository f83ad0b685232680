package dev.wsvd.adapter.onnx.internal.weights;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.safetensors.StoredTensor;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Whether a parameter that has a tensor's name is its transpose. Shapes tell, but for square ones: the matrix of a product is then as those
 * of the other products are that are stored in the same order.
 */
final class MatrixOrder {
    /** How a product's matrix is stored. */
    private enum Stored {
        /** [n][m], as PyTorch's {@code Linear} has it. */
        UPRIGHT,
        /** [m][n]. */
        TURNED
    }

    private final Map<TensorProto, Stored> products = new IdentityHashMap<>();
    private final Map<Stored, Set<Stored>> seen = new EnumMap<>(Stored.class);
    private final String file;

    /** @param named the tensors that have the names of parameters */
    MatrixOrder(List<LayerNode> layers, Map<TensorProto, StoredTensor> named, String file) {
        this.file = file;
        for (LayerNode layer : layers) {
            layer.constant()
                    .filter(constant ->
                            isProduct(layer.form()) && constant.tensor().getDimsCount() == 2)
                    .ifPresent(constant -> products.put(
                            constant.tensor(), isTurned(layer, constant) ? Stored.TURNED : Stored.UPRIGHT));
        }
        named.forEach((stored, tensor) -> {
            boolean same = tensor.shape().equals(stored.getDimsList());
            if (products.containsKey(stored) && same != isTranspose(tensor, stored)) {
                seen.computeIfAbsent(products.get(stored), order -> EnumSet.noneOf(Stored.class))
                        .add(same ? Stored.UPRIGHT : Stored.TURNED);
            }
        });
    }

    /** Whether a product's matrix is stored as [m][n], where PyTorch's {@code Linear} has [n][m]. */
    static boolean isTurned(LayerNode layer, ConstantTensor constant) {
        boolean permuted = constant.permutation().equals(List.of(1, 0));
        return isProduct(layer.form()) && permuted != layer.weightTransposed();
    }

    private static boolean isProduct(LayerForm form) {
        return form != LayerForm.GATHER && !form.isConv() && !form.isRecurrent();
    }

    /** Whether the shapes are those of a matrix and its transpose. */
    static boolean isTranspose(StoredTensor tensor, TensorProto stored) {
        return tensor.shape().size() == 2
                && stored.getDimsCount() == 2
                && tensor.shape().get(0) == stored.getDims(1)
                && tensor.shape().get(1) == stored.getDims(0);
    }

    /**
     * Whether a parameter is the transpose of the tensor that has its name.
     *
     * @throws InvalidInputException if the shapes do not fit, or nothing tells
     */
    boolean transposes(TensorProto stored, StoredTensor tensor) {
        boolean same = tensor.shape().equals(stored.getDimsList());
        boolean transpose = isTranspose(tensor, stored);
        if (!same && !transpose) {
            throw new InvalidInputException("The parameter '" + Printable.name(stored.getName()) + "' is "
                    + stored.getDimsList() + " in the model and " + tensor.shape() + " in '" + file
                    + "'. Maybe the file is of another model.");
        }
        if (!same || !transpose || !products.containsKey(stored)) {
            return !same;
        }
        Set<Stored> others = seen.getOrDefault(products.get(stored), Set.of());
        if (others.size() > 1) {
            throw new InvalidInputException("The parameter '" + Printable.name(stored.getName())
                    + "' is square, and others of the model are in '" + file
                    + "' in either order, so that its own is not known.");
        }
        return others.contains(Stored.TURNED);
    }
}
