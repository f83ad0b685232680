package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.tensor.Tensor;
import java.util.stream.IntStream;

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
        addTo(data, IntStream.range(group * rows, (group + 1) * rows).toArray(), some, 1);
        return new FloatMatrix(rows, cols, data);
    }

    /**
     * Adds some positions of channels, times a factor, to rows.
     *
     * @param channels by row; negative for none
     */
    void addTo(float[] rows, int[] channels, Subsample some, float factor) {
        int cols = count(some);
        // Where channels come last, so few positions that they are still in the cache at the next channel.
        int together = channelsFirst ? Math.max(1, cols) : Patches.ROWS_TOGETHER;
        for (int from = 0; from < cols; from += together) {
            int to = Math.min(cols, from + together);
            for (int row = 0; row < channels.length; row++) {
                if (channels[row] >= 0 && channelsFirst) {
                    addSpread(rows, row * cols, channels[row], some, factor);
                } else if (channels[row] >= 0) {
                    int at = (some.first() + from * some.step()) * layer.outChannels() + channels[row];
                    for (int col = from; col < to; col++, at += some.step() * layer.outChannels()) {
                        rows[row * cols + col] += factor * output[at];
                    }
                }
            }
        }
    }

    /** One channel of [N][C][positions]. */
    private void addSpread(float[] rows, int place, int channel, Subsample some, float factor) {
        int channels = layer.outChannels();
        int count = count(some);
        int position = some.first() % positions;
        int sample = (some.first() / positions * channels + channel) * positions;
        for (int col = 0; col < count; col++) {
            rows[place + col] += factor * output[sample + position];
            position += some.step();
            while (position >= positions) {
                position -= positions;
                sample += channels * positions;
            }
        }
    }
}
