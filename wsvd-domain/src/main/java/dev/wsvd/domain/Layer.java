package dev.wsvd.domain;

import java.util.List;
import java.util.Optional;

/**
 * A Conv or Linear layer of a model; whatever else a graph holds is not a layer.
 *
 * <p>A Linear layer is a Conv with K = 1, so one cost formula and one factorization serve both. Layers that cannot be split
 * are layers too: they count in the model's cost and carry the reason ({@link #obstacle()}).
 */
public sealed interface Layer permits ConvLayer, LinearLayer {
    /** The layer's name, unique in its model. */
    LayerId id();

    /** Shape of the weight, as W[n][m/g][k…] whatever the order in the model's file. */
    WeightShape weight();

    /** g, the number of groups; 1 for Linear and ordinary Conv layers. */
    int groups();

    /** Input shape with the batch dim first, for one sample; empty when it could not be determined. */
    List<Long> inputShape();

    /** Output shape with the batch dim first, for one sample; empty when it could not be determined. */
    List<Long> outputShape();

    /** Number of input positions per sample, P_in; 0 when the input shape is unknown. */
    long inputPositions();

    /** Number of output positions per sample, P_out; 0 when the output shape is unknown. */
    long outputPositions();

    /** Why this layer can never be split (depthwise, quantised, shared in conflicting ways …), if so. */
    Optional<String> obstacle();

    /**
     * Where the layer stands in the program the model was exported from, such as {@code layer1.0.conv1}, if the model tells and
     * it is not the layer's name. Several layers may have one path, such as the products of one module.
     */
    Optional<String> path();

    /** {@code conv} or {@code linear}. */
    String kind();

    /** n, the number of output channels. */
    default int outChannels() {
        return weight().out();
    }

    /** m, the number of input channels over all groups. */
    default int inChannels() {
        return Math.multiplyExact(weight().inPerGroup(), groups());
    }

    /** Whether the layer may be split; whether a split saves anything is a question of cost. */
    default boolean splittable() {
        return obstacle().isEmpty();
    }
}
