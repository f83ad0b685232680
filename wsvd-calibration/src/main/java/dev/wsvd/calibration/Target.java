package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a layer should give in a batch: what it gave in the original and, where that goes into a residual sum, what the rest of the sum
 * has got less since.
 */
final class Target {
    private final Layer layer;
    private final Outputs outputs;
    private final Optional<Outputs> addend;
    private final Optional<Outputs> addendNow;
    /** By output channel of the original, its number now; -1 where it is gone. */
    private final int[] placeNow;

    private Target(
            NarrowedLayer narrowed, Layer layer, Outputs outputs, Optional<Outputs> addend, Optional<Outputs> now) {
        this.layer = layer;
        this.outputs = outputs;
        this.addend = addend;
        this.addendNow = now;
        this.placeNow = new int[layer.outChannels()];
        Arrays.fill(placeNow, -1);
        for (int i = 0; i < narrowed.outputs().size(); i++) {
            placeNow[narrowed.outputs().get(i)] = i;
        }
    }

    /**
     * @param original the layer's batch in the original
     * @param now the same in another model
     * @param narrowed the layer there
     */
    static Target of(Layer layer, SeenBatch original, SeenBatch now, NarrowedLayer narrowed) {
        Outputs outputs = original.outputs(layer);
        Optional<Outputs> addend = original.addend(layer).filter(outputs::hasPositionsOf);
        Optional<Outputs> addendNow = now.addend(narrowed.layer()).filter(outputs::hasPositionsOf);
        boolean both = addend.isPresent() && addendNow.isPresent();
        return new Target(
                narrowed, layer, outputs, both ? addend : Optional.empty(), both ? addendNow : Optional.empty());
    }

    /** What the layer gave, n' × positions. */
    FloatMatrix given(int group, Subsample some) {
        return outputs.of(group, some);
    }

    /** What the rest of the sum has got less, n' × positions; empty where there is no sum. */
    Optional<FloatMatrix> missing(int group, Subsample some) {
        return addend.map(before -> missing(before, addendNow.orElseThrow(), group, some));
    }

    private FloatMatrix missing(Outputs before, Outputs now, int group, Subsample some) {
        int rows = layer.outChannels() / layer.groups();
        int cols = before.count(some);
        float[] data = FloatMatrix.allocate(rows, cols);
        int[] places = Arrays.copyOfRange(placeNow, group * rows, (group + 1) * rows);
        int[] channels = IntStream.range(0, rows)
                .map(row -> places[row] < 0 ? -1 : group * rows + row)
                .toArray();
        before.addTo(data, channels, some, 1);
        now.addTo(data, places, some, -1);
        return new FloatMatrix(rows, cols, data);
    }
}
