package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.domain.error.ModelFormatException;
import java.util.List;

/** Whether stored tensors have as many bytes or numbers as their dims say. Reads no weights. */
final class TensorCheck {
    /** Beyond what any framework makes; each dim of each tensor is looked at more than once. */
    private static final int MOST_DIMS = 64;

    /** What a sparse tensor becomes in memory: as large as a dense one in a file can be. */
    private static final long LARGEST_DENSE = Integer.MAX_VALUE;

    private final String name;
    private final ExternalData external;

    /** @param name of the model, for messages */
    TensorCheck(String name, ExternalData external) {
        this.name = name;
        this.external = external;
    }

    /** @throws ModelFormatException if the tensor contradicts itself or its external data cannot be read */
    void check(TensorProto tensor) {
        if (tensor.getDimsCount() > MOST_DIMS) {
            throw broken("tensor '" + tensor.getName() + "' has " + tensor.getDimsCount() + " dims, at most "
                    + MOST_DIMS + " are possible");
        }
        if (tensor.getDimsList().stream().anyMatch(d -> d < 0)) {
            throw broken("tensor '" + tensor.getName() + "' has a negative dim: " + tensor.getDimsList());
        }
        int bits = ElementTypes.bits(tensor.getDataType());
        long bytes;
        long elements;
        try {
            elements = tensor.getDimsList().stream().reduce(1L, Math::multiplyExact);
            bytes = Math.addExact(Math.multiplyExact(elements, bits), 7) / 8;
        } catch (ArithmeticException e) {
            throw broken("tensor '" + tensor.getName() + "' has dims beyond all bounds: " + tensor.getDimsList());
        }
        boolean isOutside = ExternalData.isExternal(tensor);
        if (isOutside || tensor.hasRawData()) {
            if (hasTypedValues(tensor)) {
                throw broken("tensor '" + tensor.getName() + "' has its values twice, as bytes and as numbers");
            }
            long found = isOutside
                    ? external.piece(tensor).length()
                    : tensor.getRawData().size();
            if (bits > 0 && found != bytes) {
                throw broken("tensor '" + tensor.getName() + "' (" + ElementTypes.name(tensor.getDataType()) + " "
                        + tensor.getDimsList() + ") needs " + bytes + " bytes, found " + found);
            }
        } else if (bits > 0 || tensor.getDataType() == DataType.STRING_VALUE) {
            long found = typedValues(tensor);
            long needed = elements * valuesPerElement(tensor);
            boolean packed = bits == 4 && (found == bytes || found == (bytes + 3) / 4);
            if (found != needed && !packed) {
                throw broken("tensor '" + tensor.getName() + "' (" + ElementTypes.name(tensor.getDataType()) + " "
                        + tensor.getDimsList() + ") needs " + needed + " values, found " + found);
            }
        }
    }

    private static boolean hasTypedValues(TensorProto tensor) {
        return tensor.getFloatDataCount() > 0
                || tensor.getDoubleDataCount() > 0
                || tensor.getInt32DataCount() > 0
                || tensor.getInt64DataCount() > 0
                || tensor.getUint64DataCount() > 0
                || tensor.getStringDataCount() > 0;
    }

    private static long typedValues(TensorProto tensor) {
        return switch (tensor.getDataType()) {
            case DataType.FLOAT_VALUE, DataType.COMPLEX64_VALUE -> tensor.getFloatDataCount();
            case DataType.DOUBLE_VALUE, DataType.COMPLEX128_VALUE -> tensor.getDoubleDataCount();
            case DataType.INT64_VALUE -> tensor.getInt64DataCount();
            case DataType.UINT32_VALUE, DataType.UINT64_VALUE -> tensor.getUint64DataCount();
            case DataType.STRING_VALUE -> tensor.getStringDataCount();
            default -> tensor.getInt32DataCount();
        };
    }

    private static int valuesPerElement(TensorProto tensor) {
        return switch (tensor.getDataType()) {
            case DataType.COMPLEX64_VALUE, DataType.COMPLEX128_VALUE -> 2;
            default -> 1;
        };
    }

    /** @throws ModelFormatException if one of its parts contradicts itself or the other, or it is too large */
    void check(SparseTensorProto sparse) {
        TensorProto values = sparse.getValues();
        TensorProto indices = sparse.getIndices();
        check(values);
        check(indices);
        List<Long> dims = sparse.getDimsList();
        long count = values.getDimsCount() == 1 ? values.getDims(0) : -1;
        boolean linear = indices.getDimsList().equals(List.of(count));
        boolean tuples = indices.getDimsList().equals(List.of(count, (long) dims.size()));
        if (count < 0 || indices.getDataType() != DataType.INT64_VALUE || !linear && !tuples) {
            throw broken("sparse tensor '" + values.getName() + "' has " + values.getDimsList() + " values and "
                    + indices.getDimsList() + " indices of " + ElementTypes.name(indices.getDataType()));
        }
        long bytes = Math.max(1, ElementTypes.bits(values.getDataType()) / 8);
        for (long dim : dims) {
            if (dim < 0 || dim > LARGEST_DENSE / bytes) {
                throw broken("sparse tensor '" + values.getName() + "' of shape " + dims + " takes more than "
                        + LARGEST_DENSE + " bytes in memory");
            }
            bytes *= Math.max(1, dim);
        }
    }

    private ModelFormatException broken(String what) {
        return ModelValidator.broken(name, what);
    }
}
