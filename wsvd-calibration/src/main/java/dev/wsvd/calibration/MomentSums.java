package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import java.util.ArrayList;
import java.util.List;

/** Adds up the patches of a layer and their products. */
final class MomentSums implements LayerSums {
    /** Products of fewer patches with each other take less time than adding them up, and so do those of fewer than products are wide. */
    private static final int FEWEST = 256;

    private final LinearAlgebra linearAlgebra;
    private final Layer layer;
    private final boolean channelOnly;
    private final int enough;
    /** By group, patches that wait for others. */
    private final List<List<FloatMatrix>> waiting = new ArrayList<>();

    private final PatchSums sums;

    MomentSums(LinearAlgebra linearAlgebra, Layer layer) {
        this.linearAlgebra = linearAlgebra;
        this.layer = layer;
        int patch = layer.weight().inPerGroup() * layer.weight().kernelSize();
        int size = LayerMoments.covarianceSize(layer);
        this.channelOnly = size < patch;
        this.enough = enough(size);
        this.sums = new PatchSums(layer.groups(), patch, size);
        for (int g = 0; g < layer.groups(); g++) {
            waiting.add(new ArrayList<>());
        }
    }

    private static int enough(int size) {
        return Math.max(FEWEST, size);
    }

    /** Bytes that the sums of a layer take at most, with patches that wait. */
    static long bytes(Layer layer) {
        long patch = (long) layer.weight().inPerGroup() * layer.weight().kernelSize();
        long size = LayerMoments.covarianceSize(layer);
        return layer.groups() * (Double.BYTES * (patch + size * size) + Float.BYTES * patch * enough((int) size));
    }

    @Override
    public void add(SeenBatch seen, Share share) {
        Patches patches = seen.patches(layer);
        add(patches, Subsample.of(layer, patches, share.samples(), share.all(), share.number()));
    }

    /** Adds some of the patches of a batch. */
    void add(Patches seen, Subsample some) {
        for (int g = 0; g < layer.groups(); g++) {
            add(g, seen.of(g, some));
        }
    }

    /** Adds patches of one group, as rows of the same element. */
    private void add(int group, FloatMatrix x) {
        addSums(x, sums.sums(group));
        sums.count(group == 0 ? x.cols() : 0);
        List<FloatMatrix> some = waiting.get(group);
        some.add(x);
        if (some.stream().mapToInt(FloatMatrix::cols).sum() >= enough) {
            addWaiting(group);
        }
    }

    private void addWaiting(int group) {
        List<FloatMatrix> some = waiting.get(group);
        if (some.isEmpty()) {
            return;
        }
        FloatMatrix x = some.size() == 1 ? some.get(0) : sideBySide(some);
        some.clear();
        // Seen as one row per channel, the products of the channels are summed over taps too.
        linearAlgebra.addGram(channelOnly ? channelRows(x) : x, sums.products(group));
    }

    private FloatMatrix channelRows(FloatMatrix x) {
        int channels = layer.weight().inPerGroup();
        return new FloatMatrix(channels, x.data().length / channels, x.data());
    }

    private static FloatMatrix sideBySide(List<FloatMatrix> some) {
        int rows = some.get(0).rows();
        int cols = some.stream().mapToInt(FloatMatrix::cols).sum();
        float[] data = FloatMatrix.allocate(rows, cols);
        int at = 0;
        for (FloatMatrix one : some) {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(one.data(), row * one.cols(), data, row * cols + at, one.cols());
            }
            at += one.cols();
        }
        return new FloatMatrix(rows, cols, data);
    }

    static void addSums(FloatMatrix x, double[] sums) {
        for (int i = 0; i < x.rows(); i++) {
            double sum = 0;
            for (int j = i * x.cols(); j < (i + 1) * x.cols(); j++) {
                sum += x.data()[j];
            }
            sums[i] += sum;
        }
    }

    @Override
    public Sums sums() {
        for (int g = 0; g < layer.groups(); g++) {
            addWaiting(g);
        }
        return sums;
    }
}
