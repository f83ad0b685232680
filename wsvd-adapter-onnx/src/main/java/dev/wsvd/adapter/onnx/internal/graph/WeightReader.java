package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.tensor.Float16;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Reads a layer's weight as W[n][m/g][k…], whatever its type and order in the file. Only the copy asked for is on the heap. */
public final class WeightReader {
    /** Elements in the order stored. */
    @FunctionalInterface
    private interface Elements {
        float at(int index);
    }

    private final ExternalData external;

    public WeightReader(ExternalData external) {
        this.external = external;
    }

    /**
     * The weight of a layer whose weight is stored.
     *
     * @throws InvalidInputException if it has more elements than an array can have, or is of a type that is not read
     */
    public float[] read(LayerNode layer) {
        ConstantTensor constant = layer.constant().orElseThrow();
        TensorProto tensor = constant.tensor();
        long elements = tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
        if (elements > Integer.MAX_VALUE - 8 || constant.dims().stream().anyMatch(d -> d > Integer.MAX_VALUE)) {
            throw new InvalidInputException("The weight of layer '" + layer.id() + "' has " + elements
                    + " elements; at most " + (Integer.MAX_VALUE - 8) + " can be read.");
        }
        List<Integer> order = new ArrayList<>(constant.permutation());
        if (layer.weightTransposed() && order.size() > 1) {
            // W has the outputs first; of a stack of matrices each is turned.
            Collections.swap(order, order.size() - 2, order.size() - 1);
        }
        return ordered(layer, tensor, (int) elements, order);
    }

    private float[] ordered(LayerNode layer, TensorProto tensor, int size, List<Integer> order) {
        int rank = order.size();
        boolean asStored = order.equals(IntStream.range(0, rank).boxed().toList());
        FloatBuffer floats = floats(tensor);
        if (asStored && floats != null) {
            float[] out = new float[size];
            floats.get(out);
            return out;
        }
        Elements elements = floats != null ? floats::get : elements(layer, tensor);
        if (!asStored && rank == 2) {
            return transposed(elements, (int) tensor.getDims(0), (int) tensor.getDims(1));
        }
        return permuted(elements, tensor, size, order);
    }

    private FloatBuffer floats(TensorProto tensor) {
        return tensor.getDataType() == ElementTypes.FLOAT && hasBytes(tensor)
                ? external.bytes(tensor).asFloatBuffer()
                : null;
    }

    private static boolean hasBytes(TensorProto tensor) {
        return tensor.hasRawData() || ExternalData.isExternal(tensor);
    }

    private Elements elements(LayerNode layer, TensorProto tensor) {
        if (tensor.getDataType() == ElementTypes.FLOAT) {
            return tensor::getFloatData;
        }
        if (tensor.getDataType() != ElementTypes.FLOAT16) {
            throw new InvalidInputException("The weight of layer '" + layer.id() + "' is "
                    + ElementTypes.name(tensor.getDataType()) + "; float32 and float16 weights can be read.");
        }
        if (!hasBytes(tensor)) {
            return i -> Float16.toFloat((short) tensor.getInt32Data(i));
        }
        ByteBuffer bytes = external.bytes(tensor);
        ShortBuffer halves = bytes.asShortBuffer();
        return i -> Float16.toFloat(halves.get(i));
    }

    /** By tiles, so that both sides stay in the cache. */
    private static float[] transposed(Elements elements, int rows, int cols) {
        float[] out = FloatMatrix.allocate(cols, rows);
        int tile = 64;
        for (int i0 = 0; i0 < rows; i0 += tile) {
            int i1 = Math.min(rows, i0 + tile);
            for (int j0 = 0; j0 < cols; j0 += tile) {
                int j1 = Math.min(cols, j0 + tile);
                for (int j = j0; j < j1; j++) {
                    for (int i = i0; i < i1; i++) {
                        out[j * rows + i] = elements.at(i * cols + j);
                    }
                }
            }
        }
        return out;
    }

    private static float[] permuted(Elements elements, TensorProto tensor, int size, List<Integer> order) {
        int rank = order.size();
        int[] stride = new int[rank];
        int step = 1;
        for (int d = rank - 1; d >= 0; d--) {
            stride[d] = step;
            step *= (int) tensor.getDims(d);
        }
        float[] out = new float[size];
        int[] at = new int[rank];
        int from = 0;
        for (int to = 0; to < size; to++) {
            out[to] = elements.at(from);
            for (int d = rank - 1; d >= 0; d--) {
                int dim = order.get(d);
                from += stride[dim];
                if (++at[d] < tensor.getDims(dim)) {
                    break;
                }
                from -= at[d] * stride[dim];
                at[d] = 0;
            }
        }
        return out;
    }
}
