package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The leading features of an embedding table. */
final class EmbeddingFactors implements Factors {
    /** What all rows together count beside those that were used. */
    private static final double FLOOR = 0.1;

    /** Elements of the table that are weighted at once. */
    private static final int AT_ONCE = 1 << 24;

    private final Layer layer;
    private final LinearAlgebra linearAlgebra;
    /** W = Eᵀ, d × V. */
    private final FloatMatrix table;

    private final double[] mean;
    /** As rows, leading first. */
    private final Matrix features;

    private final double[] missing;

    private EmbeddingFactors(
            Layer layer,
            LinearAlgebra linearAlgebra,
            FloatMatrix table,
            double[] mean,
            Matrix features,
            double[] missing) {
        this.layer = layer;
        this.linearAlgebra = linearAlgebra;
        this.table = table;
        this.mean = mean;
        this.features = features;
        this.missing = missing;
    }

    /** @param frequencies how often each row is used, summing to 1; empty if that is not known */
    static EmbeddingFactors of(
            LinearAlgebra linearAlgebra, Layer layer, float[] weight, Optional<double[]> frequencies, int rank) {
        int rows = layer.inChannels();
        int d = layer.outChannels();
        FloatMatrix table = new FloatMatrix(d, rows, weight);
        table.requireFinite();
        double[] counts = new double[rows];
        Arrays.setAll(
                counts,
                v -> frequencies
                        .map(used -> (1 - FLOOR) * used[v] + FLOOR / rows)
                        .orElse(1.0 / rows));
        double[] mean = new double[d];
        for (int i = 0; i < d; i++) {
            for (int v = 0; v < rows; v++) {
                mean[i] += counts[v] * weight[i * rows + v];
            }
        }
        Matrix gram = gram(linearAlgebra, table, counts, mean);
        SymmetricEigen eigen = linearAlgebra.eigenLeading(Matrices.symmetric(gram), rank);
        double[] missing = new double[rank + 1];
        missing[0] = Matrices.trace(gram);
        for (int r = 1; r <= rank; r++) {
            missing[r] = Math.max(0, missing[r - 1] - Math.max(0, eigen.values()[r - 1]));
        }
        return new EmbeddingFactors(layer, linearAlgebra, table, mean, eigen.vectors(), missing);
    }

    /** Σ_v w_v (e_v − μ)(e_v − μ)ᵀ, of some rows e_v after the others, so that there is no second table in memory. */
    private static Matrix gram(LinearAlgebra linearAlgebra, FloatMatrix table, double[] counts, double[] mean) {
        int d = table.rows();
        int rows = table.cols();
        double[] sum = Matrix.allocate(d, d);
        int width = Math.max(1, AT_ONCE / d);
        for (int from = 0; from < rows; from += width) {
            int some = Math.min(width, rows - from);
            float[] weighted = FloatMatrix.allocate(d, some);
            for (int i = 0; i < d; i++) {
                for (int v = 0; v < some; v++) {
                    double centred = table.data()[i * rows + from + v] - mean[i];
                    weighted[i * some + v] = (float) (Math.sqrt(counts[from + v]) * centred);
                }
            }
            linearAlgebra.addGram(new FloatMatrix(d, some, weighted), sum);
        }
        return Matrix.ofUpperTriangle(d, sum);
    }

    @Override
    public boolean covers(Choice choice) {
        return choice.isWithin(Choice.of(EmbeddingSvd.FORM, missing.length - 1));
    }

    @Override
    public double error(Choice choice) {
        return missing[0] == 0 ? 0 : Math.sqrt(missing[choice.rank()] / missing[0]);
    }

    @Override
    public Replacement at(Choice choice) {
        if (!covers(choice)) {
            throw new InvalidInputException("The factors of layer '" + layer.id() + "' (" + layer.weight()
                    + ") go up to rank " + (missing.length - 1) + "; asked for is " + choice + ".");
        }
        int d = layer.outChannels();
        Matrix kept = Matrices.leadingRows(features, choice.rank());
        FloatMatrix small = linearAlgebra.multiply(kept, table);
        float[] product = new float[d * choice.rank()];
        for (int i = 0; i < d; i++) {
            for (int r = 0; r < choice.rank(); r++) {
                product[i * choice.rank() + r] = (float) kept.get(r, i);
            }
        }
        Affine last = Affine.of(d, choice.rank());
        return Replacement.of(
                layer,
                choice,
                List.of(
                        new Stage(Lookup.of(choice.rank(), layer.inChannels()), small.data()),
                        new Stage(last, Weights.of(last.weight(), product), Optional.of(missedMean(kept)))),
                error(choice));
    }

    /** μ − VᵀV μ. */
    private float[] missedMean(Matrix kept) {
        double[] missed = mean.clone();
        for (int r = 0; r < kept.rows(); r++) {
            double along = 0;
            for (int i = 0; i < mean.length; i++) {
                along += kept.get(r, i) * mean[i];
            }
            for (int i = 0; i < mean.length; i++) {
                missed[i] -= along * kept.get(r, i);
            }
        }
        float[] correction = new float[missed.length];
        for (int i = 0; i < correction.length; i++) {
            correction[i] = (float) missed[i];
        }
        return correction;
    }
}
