package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.tensor.Tensor;

/** What a layer gives in a batch, by position in the order of {@link Patches}. */
final class Outputs {
    private final Layer layer;
    private final float[] output;
    private final boolean channelsFirst;
    private final int positions;

    Outputs(Layer layer, Tensor output) {
        this.layer = layer;
        this.output = Patches.floats(output);
        this.channelsFirst = layer.op() instanceof Convolution;
        int area = 1;
        for (int d = 2; channelsFirst && d < output.shape().size(); d++) {
            area *= output.shape().get(d).intValue();
        }
        this.positions = area;
    }

    /** Whether other outputs are of as many positions. */
    boolean hasPositionsOf(Outputs other) {
        return positions == other.positions
                && output.length % layer.outChannels() == 0
                && other.output.length % other.layer.outChannels() == 0
                && output.length / layer.outChannels() == other.output.length / other.layer.outChannels();
    }

    /** How many positions some are. */
    int count(Subsample some) {
        return some.of(output.length / layer.outChannels());
    }

    /**
     * Some positions of a group's channels.
     *
     * @return n' × positions
     */
    FloatMatrix of(int group, Subsample some) {
        int rows = layer.outChannels() / layer.groups();
        int cols = count(some);
        float[] data = FloatMatrix.allocate(rows, cols);
        for (int c = 0; c < rows; c++) {
            addTo(data, c * cols, group * rows + c, some, 1);
        }
        return new FloatMatrix(rows, cols, data);
    }

    /** Adds some positions of a channel, times a factor, to what stands from a place on. */
    void addTo(float[] data, int place, int channel, Subsample some, float factor) {
        int channels = layer.outChannels();
        int count = count(some);
        if (!channelsFirst) {
            for (int col = 0, at = some.first(); col < count; col++, at += some.step()) {
                data[place + col] += factor * output[at * channels + channel];
            }
            return;
        }
        int position = some.first() % positions;
        int sample = (some.first() / positions * channels + channel) * positions;
        for (int col = 0; col < count; col++) {
            data[place + col] += factor * output[sample + position];
            position += some.step();
            while (position >= positions) {
                position -= positions;
                sample += channels * positions;
            }
        }
    }
}
