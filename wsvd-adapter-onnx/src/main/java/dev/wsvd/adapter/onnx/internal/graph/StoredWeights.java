package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A layer's weight as W[n][m/g][k…], whatever its type and order in the file. Of a weight in a file only the copy asked for is on
 * the heap, and only its rows are read where they are stored in this order.
 */
public final class StoredWeights implements Weights {
    /** How many elements are mapped at once, so that their bytes fit in a buffer. */
    private static final int SEGMENT = 1 << 28;

    private static final int LARGEST_ARRAY = Integer.MAX_VALUE - 8;

    /** Elements in the order stored. */
    @FunctionalInterface
    private interface Elements {
        float at(long index);
    }

    private final LayerId layer;
    private final WeightShape shape;
    private final TensorProto tensor;
    private final ExternalData external;
    /** As stored; input channels of a transposed convolution as groups and channels of a group. */
    private final List<Long> dims;
    /** Dim i of W, before groups and their outputs, or the outputs of a stack of matrices, become one dim, is dim order[i] stored. */
    private final List<Integer> order;

    private StoredWeights(
            LayerId layer,
            WeightShape shape,
            TensorProto tensor,
            ExternalData external,
            List<Long> dims,
            List<Integer> order) {
        this.layer = layer;
        this.shape = shape;
        this.tensor = tensor;
        this.external = external;
        this.dims = List.copyOf(dims);
        this.order = List.copyOf(order);
    }

    /**
     * The weight of a layer.
     *
     * @throws InvalidInputException if it is not stored, has not the dims of a weight, or is of a type that is not read
     */
    public static StoredWeights of(LayerNode layer, ExternalData external) {
        ConstantTensor constant = layer.constant().orElse(null);
        WeightShape shape = layer.storedShape().orElse(null);
        if (constant == null || shape == null) {
            throw new InvalidInputException("The weight of layer '" + layer.id() + "' cannot be read: "
                    + layer.unsupportedReason().orElse("its dims are not those of a weight") + ".");
        }
        int type = constant.tensor().getDataType();
        if (!ElementTypes.isWeight(type)) {
            throw new InvalidInputException("The weight of layer '" + layer.id() + "' is " + ElementTypes.name(type)
                    + "; float32, float16 and bfloat16 weights can be read.");
        }
        List<Integer> order = new ArrayList<>(constant.permutation());
        if (layer.weightTransposed() && order.size() > 1) {
            // W has the outputs first; of a stack of matrices each is turned.
            Collections.swap(order, order.size() - 2, order.size() - 1);
        }
        List<Long> dims = new ArrayList<>(constant.tensor().getDimsList());
        if (layer.form() == LayerForm.CONV_TRANSPOSE) {
            int inputs = order.get(0);
            dims.add(inputs, dims.get(inputs) / shape.inPerGroup());
            dims.set(inputs + 1, (long) shape.inPerGroup());
            order.replaceAll(dim -> dim > inputs ? dim + 1 : dim);
            order.add(2, inputs + 1);
        }
        return new StoredWeights(layer.id(), shape, constant.tensor(), external, dims, order);
    }

    @Override
    public WeightShape shape() {
        return shape;
    }

    @Override
    public ElementType type() {
        return ElementTypes.of(tensor.getDataType()).orElseThrow();
    }

    @Override
    public float[] rows(int from, int to) {
        Objects.checkFromToIndex(from, to, shape.out());
        long row = shape.elements() / shape.out();
        long size = row * (to - from);
        if (size > LARGEST_ARRAY) {
            throw new InvalidInputException("The weight of layer '" + layer + "' has " + size + " elements in "
                    + (to - from) + " output channels; at most " + LARGEST_ARRAY + " can be read at once.");
        }
        if (order.equals(IntStream.range(0, order.size()).boxed().toList())) {
            return asStored(row * from, (int) size);
        }
        Elements elements = elements(0, shape.elements());
        return order.size() == 2
                ? transposed(elements, dims.get(1), from, new float[(int) size], to - from)
                : permuted(elements, row * from, new float[(int) size]);
    }

    private boolean isFloat32() {
        return tensor.getDataType() == ElementTypes.FLOAT;
    }

    private boolean hasBytes() {
        return tensor.hasRawData() || ExternalData.isExternal(tensor);
    }

    private float[] asStored(long first, int size) {
        float[] out = new float[size];
        if (isFloat32() && hasBytes()) {
            for (int done = 0; done < size; done += SEGMENT) {
                int count = Math.min(SEGMENT, size - done);
                bytes(first + done, count).asFloatBuffer().get(out, done, count);
            }
            return out;
        }
        Elements elements = elements(first, size);
        for (int i = 0; i < size; i++) {
            out[i] = elements.at(i);
        }
        return out;
    }

    /** Some elements that are stored one after the other; index 0 is the first of them. */
    private Elements elements(long first, long count) {
        if (!hasBytes()) {
            return isFloat32()
                    ? i -> tensor.getFloatData((int) (first + i))
                    : i -> twoBytes((short) tensor.getInt32Data((int) (first + i)));
        }
        List<Elements> segments = new ArrayList<>();
        for (long at = 0; at < count; at += SEGMENT) {
            segments.add(segment(bytes(first + at, (int) Math.min(SEGMENT, count - at))));
        }
        return segments.size() == 1
                ? segments.get(0)
                : i -> segments.get((int) (i / SEGMENT)).at(i % SEGMENT);
    }

    private Elements segment(ByteBuffer bytes) {
        if (isFloat32()) {
            FloatBuffer floats = bytes.asFloatBuffer();
            return i -> floats.get((int) i);
        }
        ShortBuffer halves = bytes.asShortBuffer();
        return i -> twoBytes(halves.get((int) i));
    }

    private float twoBytes(short stored) {
        return TwoBytes.toFloat(tensor.getDataType(), stored);
    }

    private ByteBuffer bytes(long first, int count) {
        int size = type().bytes();
        return external.bytes(tensor, first * size, count * size);
    }

    /**
     * Some columns of a matrix as rows, by tiles, so that both sides stay in the cache.
     *
     * @param cols how many the matrix has
     * @param from the first to take
     * @param taken how many
     */
    private static float[] transposed(Elements elements, long cols, int from, float[] out, int taken) {
        int rows = taken == 0 ? 0 : out.length / taken;
        int tile = 64;
        for (int i0 = 0; i0 < rows; i0 += tile) {
            int i1 = Math.min(rows, i0 + tile);
            for (int j0 = 0; j0 < taken; j0 += tile) {
                int j1 = Math.min(taken, j0 + tile);
                for (int j = j0; j < j1; j++) {
                    for (int i = i0; i < i1; i++) {
                        out[j * rows + i] = elements.at(i * cols + from + j);
                    }
                }
            }
        }
        return out;
    }

    /** Elements of W in its own order, from the first given on. */
    private float[] permuted(Elements elements, long first, float[] out) {
        int rank = order.size();
        long[] stride = new long[rank];
        long step = 1;
        for (int d = rank - 1; d >= 0; d--) {
            stride[d] = step;
            step *= dims.get(d);
        }
        long[] at = new long[rank];
        long from = 0;
        long left = first;
        for (int d = rank - 1; d >= 0; d--) {
            int dim = order.get(d);
            at[d] = left % dims.get(dim);
            left /= dims.get(dim);
            from += at[d] * stride[dim];
        }
        for (int to = 0; to < out.length; to++) {
            out[to] = elements.at(from);
            for (int d = rank - 1; d >= 0; d--) {
                int dim = order.get(d);
                from += stride[dim];
                if (++at[d] < dims.get(dim)) {
                    break;
                }
                from -= at[d] * stride[dim];
                at[d] = 0;
            }
        }
        return out;
    }
}
