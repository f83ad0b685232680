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

    /**
     * Some positions of a group's channels.
     *
     * @return n' × positions
     */
    FloatMatrix of(int group, Subsample some) {
        int channels = layer.outChannels();
        int rows = channels / layer.groups();
        int all = output.length / channels;
        int cols = some.of(all);
        float[] data = FloatMatrix.allocate(rows, cols);
        for (int c = 0; c < rows; c++) {
            int channel = group * rows + c;
            for (int col = 0, at = some.first(); col < cols; col++, at += some.step()) {
                data[c * cols + col] = channelsFirst
                        ? output[(at / positions * channels + channel) * positions + at % positions]
                        : output[at * channels + channel];
            }
        }
        return new FloatMatrix(rows, cols, data);
    }
}
