package dev.wsvd.domain.layer;

import dev.wsvd.domain.tensor.ElementType;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A layer of a model: whatever multiplies by a stored weight. Whatever else a graph holds is not a layer. Layers that cannot be
 * replaced are layers too: they count in the model's cost and carry the reason.
 *
 * @param id its name, unique in its model
 * @param op what it computes
 * @param inputShape batch dim first, for one sample; empty when it could not be determined
 * @param outputShape batch dim first, for one sample; empty when it could not be determined
 * @param type how its weight is stored
 * @param unsupportedReason why it can never be replaced (depthwise, quantised, shared in conflicting ways …), if so
 * @param path where it stands in the program the model was exported from, such as {@code layer1.0.conv1}, if the model tells and
 *     it is not the layer's name; several layers may have one path, such as the products of one module
 * @param packedBytes what its weight takes, with scales that belong to the same operator, where that is not a number of bytes per element;
 *     else empty
 */
public record Layer(
        LayerId id,
        Op op,
        List<Long> inputShape,
        List<Long> outputShape,
        ElementType type,
        Optional<String> unsupportedReason,
        Optional<String> path,
        OptionalLong packedBytes) {
    public Layer {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(op, "op");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(unsupportedReason, "unsupportedReason");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(packedBytes, "packedBytes");
        inputShape = List.copyOf(inputShape);
        outputShape = List.copyOf(outputShape);
    }

    /** A layer whose weight has a number of bytes per element. */
    public Layer(
            LayerId id,
            Op op,
            List<Long> inputShape,
            List<Long> outputShape,
            ElementType type,
            Optional<String> unsupportedReason,
            Optional<String> path) {
        this(id, op, inputShape, outputShape, type, unsupportedReason, path, OptionalLong.empty());
    }

    /** A layer of float32 weights that may be replaced, without a path. */
    public static Layer of(LayerId id, Op op, List<Long> inputShape, List<Long> outputShape) {
        return new Layer(id, op, inputShape, outputShape, ElementType.FLOAT32, Optional.empty(), Optional.empty());
    }

    /** This layer as one that cannot be replaced. */
    public Layer unsupported(String reason) {
        return new Layer(id, op, inputShape, outputShape, type, Optional.of(reason), path, packedBytes);
    }

    /** This layer with fewer channels, as {@link SizedOp#shrunk}. */
    public Layer shrunk(int out, int in) {
        SizedOp fewer = sized().shrunk(out, in);
        return new Layer(id, fewer.op(), fewer.input(), fewer.output(), type, unsupportedReason, path);
    }

    /** The op at the layer's sizes. */
    public SizedOp sized() {
        return new SizedOp(op, inputShape, outputShape, type);
    }

    /** Shape of the weight, W[n][m/g][k…], whatever the order in the model's file. */
    public WeightShape weight() {
        return op.weight();
    }

    /** g, the number of groups; 1 but for grouped convolutions. */
    public int groups() {
        return op.groups();
    }

    /** What users call it: {@code conv}, {@code conv-transpose}, {@code linear}, {@code embedding}. */
    public String kind() {
        return op.kind();
    }

    /** n, the number of output channels. */
    public int outChannels() {
        return weight().out();
    }

    /** m, the number of input channels over all groups. */
    public int inChannels() {
        return Math.multiplyExact(weight().inPerGroup(), groups());
    }

    /** Number of output positions per sample; 0 when the output shape is unknown. */
    public long outputPositions() {
        return op.positions(outputShape);
    }

    /** Whether the layer may be replaced; whether that saves anything is a question of cost. */
    public boolean supported() {
        return unsupportedReason.isEmpty();
    }
}
