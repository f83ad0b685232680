package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.Arrays;
import java.util.List;

/** Factors of a layer by canonical polyadic decomposition. */
final class PolyadicFactors implements Factors {
    private final Layer layer;
    private final Choice largest;
    private final PolyadicLoss loss;
    private final PolyadicFit fit;

    PolyadicFactors(Layer layer, Choice largest, PolyadicLoss loss, PolyadicFit fit) {
        this.layer = layer;
        this.largest = largest;
        this.loss = loss;
        this.fit = fit;
    }

    @Override
    public boolean covers(Choice choice) {
        return choice.isWithin(largest);
    }

    @Override
    public double error(Choice choice) {
        requireCovered(choice);
        return relative(fit.missing(choice.rank()));
    }

    @Override
    public Replacement at(Choice choice) {
        requireCovered(choice);
        return of(choice, fit.nested(choice.rank()), fit.missing(choice.rank()));
    }

    @Override
    public Replacement refined(Choice choice) {
        requireCovered(choice);
        PolyadicTerms own = Checks.naming(layer, () -> fit.own(choice.rank()));
        double missing = loss.missingByRank(own)[choice.rank()];
        return missing < fit.missing(choice.rank()) ? of(choice, own, missing) : at(choice);
    }

    private void requireCovered(Choice choice) {
        if (!covers(choice)) {
            throw new InvalidInputException("The factors of layer '" + layer.id() + "' (" + layer.weight()
                    + ") go up to " + largest + "; asked for is " + choice + ".");
        }
    }

    private double relative(double missing) {
        return loss.energy() == 0 ? 0 : Math.sqrt(missing / loss.energy());
    }

    private Replacement of(Choice choice, PolyadicTerms terms, double missing) {
        List<Convolution> ops = CanonicalPolyadic.ops(layer, choice);
        Matrix last = loss.last(terms);
        double[] missed = loss.missedMean(terms, last);
        float[] correction = new float[missed.length];
        for (int o = 0; o < missed.length; o++) {
            correction[o] = (float) missed[o];
        }
        Matrix[] balanced = balanced(loss.channels(terms), terms.kernels(), last);
        return Replacement.of(
                layer,
                choice,
                List.of(
                        new Stage(ops.get(0), floats(balanced[0])),
                        new Stage(ops.get(1), floats(balanced[1])),
                        new Stage(
                                ops.get(2),
                                Weights.of(ops.get(2).weight(), floats(balanced[2].transposed())),
                                TuckerFactors.some(correction))),
                relative(missing));
    }

    /** Rows of which the three of each term have one length, which a stage's float16 needs. */
    private static Matrix[] balanced(Matrix... stages) {
        Matrix[] balanced = new Matrix[stages.length];
        double[] common = new double[stages[0].rows()];
        Arrays.fill(common, 1);
        for (int i = 0; i < stages.length; i++) {
            balanced[i] = Matrices.unitRows(stages[i]);
            for (int r = 0; r < common.length; r++) {
                common[r] *= length(stages[i], r);
            }
        }
        for (int r = 0; r < common.length; r++) {
            common[r] = Math.cbrt(common[r]);
        }
        for (int i = 0; i < stages.length; i++) {
            balanced[i] = Matrices.scaledRows(balanced[i], common, true);
        }
        return balanced;
    }

    private static double length(Matrix m, int row) {
        return Math.sqrt(Matrices.energy(m.data(), row * m.cols(), (row + 1) * m.cols()));
    }

    private static float[] floats(Matrix m) {
        float[] floats = new float[m.data().length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) m.data()[i];
        }
        return floats;
    }
}
