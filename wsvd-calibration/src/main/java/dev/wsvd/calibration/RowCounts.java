package dev.wsvd.calibration;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** How often a lookup uses each row of its table. */
final class RowCounts implements Sums {
    private static final long serialVersionUID = 1L;

    private final long[] counts;
    private long lookups;

    private RowCounts(int rows) {
        this.counts = new long[rows];
    }

    /** Counts what a lookup sees. */
    static LayerSums of(Layer layer) {
        RowCounts counts = new RowCounts(layer.inChannels());
        return new LayerSums() {
            @Override
            public void add(SeenBatch seen, Share share) {
                counts.add(seen.input(layer));
            }

            @Override
            public Sums sums() {
                return counts;
            }
        };
    }

    /** Bytes that the counts of a layer take. */
    static long bytes(Layer layer) {
        return (long) Long.BYTES * layer.inChannels();
    }

    private void add(Tensor indices) {
        int rows = counts.length;
        for (int i = 0; i < indices.elements(); i++) {
            long row = (long) indices.getDouble(i);
            // An index below 0 counts from the end; one that is no row never gets here, as the model refuses it.
            counts[(int) (row < 0 ? row + rows : row)]++;
            lookups++;
        }
    }

    @Override
    public void add(Sums others) {
        if (!(others instanceof RowCounts more) || more.counts.length != counts.length) {
            throw new InvalidInputException("Counts of rows of other tables cannot be added.");
        }
        Arrays.setAll(counts, row -> counts[row] + more.counts[row]);
        lookups += more.lookups;
    }

    @Override
    public LayerMoments moments() {
        double[] mean = new double[counts.length];
        double variance = 0;
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (double) counts[i] / lookups;
            variance += mean[i] * (1 - mean[i]) / mean.length;
        }
        return new LayerMoments(lookups, List.of(new PatchMoments(mean, new Matrix(1, 1, new double[] {variance}))));
    }
}
