package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A layer as it stands in a model with cuts.
 *
 * @param layer with the channels that it has there
 * @param outputs which of the original's output channels these are, in order
 */
public record NarrowedLayer(Layer layer, List<Integer> outputs) {
    public NarrowedLayer {
        outputs = List.copyOf(outputs);
    }

    /** A layer with all channels. */
    static NarrowedLayer whole(Layer layer) {
        return new NarrowedLayer(
                layer, IntStream.range(0, layer.outChannels()).boxed().toList());
    }
}
