package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Compensates for upstream error (sequential reconstruction): fits the last stage of a replaced layer and its bias anew, to what the layer
 * gave in the original, for the inputs it gets in a network whose layers before it are replaced too. From the B₀ that stands there,
 * B = B₀ + (C_yz − B₀ C_zz)(C_zz + ridge)⁻¹ and b' = b + E[y] − B E[z], with z what the last stage sees ({@link Projections}) and y what
 * the layer gave. Where a residual sum follows, what that has got less since is added to y, so that the sum is fitted. The ridge is the
 * one of least held-out error.
 *
 * <p>The asymmetric form of X. Zhang, J. Zou, K. He, J. Sun, "Accelerating very deep convolutional networks for classification
 * and detection", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2016 (arXiv 1505.06798).
 */
public final class SequentialCorrection {
    /** The share of the mean variance of what the last stage sees that is tried first. */
    private static final double RIDGE = 0.1;
    /** Others that are tried; where inputs are few, more is better. */
    private static final double[] LARGER = {1, 10};

    private static final double[] SMALLER = {1e-2, 1e-3, 1e-4};
    /** The share of the error by which a step has to lower it for another one. */
    private static final double WORTHWHILE = 1e-3;

    private final LinearAlgebra linearAlgebra;

    public SequentialCorrection(LinearAlgebra linearAlgebra) {
        this.linearAlgebra = Objects.requireNonNull(linearAlgebra, "linearAlgebra");
    }

    /**
     * The replacement with last weights and bias correction fitted anew, if that lowers the error on inputs it was not fitted to.
     *
     * @param replacement of one layer
     * @param weights W of the original layer
     * @param learnt by group, to fit to
     * @param heldOut by group, of other inputs
     * @return the replacement as it was where that is not so
     */
    public Replacement correct(
            Replacement replacement, Weights weights, List<JointMoments> learnt, List<JointMoments> heldOut) {
        Layer layer = replacement.layer();
        List<Stage> before = replacement.parts().subList(0, replacement.parts().size() - 1);
        return corrected(layer, replacement.parts().get(before.size()), weights, learnt, heldOut)
                .map(last -> Stream.concat(before.stream(), Stream.of(last)).toList())
                .map(stages -> Replacement.of(layer, replacement.choice(), stages, replacement.predictedError()))
                .orElse(replacement);
    }

    /**
     * The same of one stage, the last in a layer's place or the one that stands there where a cut took some of its inputs.
     *
     * @param weights W of the original layer
     * @param learnt by group, to fit to; z is what the stage sees
     * @param heldOut by group, of other inputs
     * @return empty if that does not lower the error
     */
    public Optional<Stage> corrected(
            Layer layer, Stage last, Weights weights, List<JointMoments> learnt, List<JointMoments> heldOut) {
        int out = layer.outChannels() / layer.groups();
        float[] weight = weights.all();
        float[] fittedWeights = last.weights().all().clone();
        float[] correction = last.biasCorrection()
                .orElseGet(() -> new float[layer.outChannels()])
                .clone();
        int width = fittedWeights.length / layer.outChannels();
        double before = 0;
        double after = 0;
        for (int g = 0; g < layer.groups(); g++) {
            Group group = new Group(layer, last, weight, g);
            Fit old = group.now();
            Fit fitted = group.best(old, learnt.get(g), heldOut.get(g));
            before += group.error(old, heldOut.get(g));
            after += group.error(fitted, heldOut.get(g));
            for (int o = 0; o < out; o++) {
                correction[g * out + o] = (float) fitted.correction[o];
                for (int i = 0; i < width; i++) {
                    fittedWeights[(g * out + o) * width + i] = (float) fitted.weights.get(o, i);
                }
            }
        }
        return after < before
                ? Optional.of(
                        new Stage(last.op(), Weights.of(last.op().weight(), fittedWeights), Optional.of(correction)))
                : Optional.empty();
    }

    /** B, n' × r·J, and what the bias gains. */
    private record Fit(Matrix weights, double[] correction) {}

    /** One group's last stage and weight in float64. */
    private final class Group {
        private final Matrix weight;
        private final Matrix last;
        private final double[] correction;

        Group(Layer layer, Stage last, float[] weight, int group) {
            int out = layer.outChannels() / layer.groups();
            this.weight = Matrices.ofGroup(layer, weight, group);
            this.last = Matrices.ofGroup(layer, last.weights().all(), group);
            this.correction = new double[out];
            last.biasCorrection().ifPresent(added -> {
                for (int o = 0; o < out; o++) {
                    correction[o] = added[group * out + o];
                }
            });
        }

        Fit now() {
            return new Fit(last, correction);
        }

        /** The fit of the ridge with about the smallest held-out error. */
        Fit best(Fit old, JointMoments learnt, JointMoments heldOut) {
            Matrix missed = Matrices.plus(learnt.cross(), -1, linearAlgebra.multiply(old.weights, learnt.covariance()));
            Fit first = fit(old, missed, learnt, RIDGE);
            double error = error(first, heldOut);
            Fit larger = better(first, error, LARGER, old, missed, learnt, heldOut);
            return larger == first ? better(first, error, SMALLER, old, missed, learnt, heldOut) : larger;
        }

        /** The best of a fit and those of ridges one after the other, as long as they lower its error enough. */
        private Fit better(
                Fit first,
                double error,
                double[] ridges,
                Fit old,
                Matrix missed,
                JointMoments learnt,
                JointMoments heldOut) {
            Fit best = first;
            double least = error;
            for (double ridge : ridges) {
                Fit next = fit(old, missed, learnt, ridge);
                double found = error(next, heldOut);
                boolean worthwhile = found < least * (1 - WORTHWHILE);
                if (found < least) {
                    best = next;
                    least = found;
                }
                if (!worthwhile) {
                    break;
                }
            }
            return best;
        }

        /**
         * B + Δ with the Δ that lowers the error most for the ridge times ‖Δ‖².
         *
         * @param missed C_yz − B C_zz
         */
        private Fit fit(Fit old, Matrix missed, JointMoments joint, double ridge) {
            Cholesky cholesky = linearAlgebra.cholesky(Matrices.withRidge(joint.covariance(), ridge));
            Matrix fitted = Matrices.plus(
                    old.weights, 1, cholesky.solve(missed.transposed()).transposed());
            return new Fit(fitted, missedMean(new Fit(fitted, new double[correction.length]), joint));
        }

        /** E‖y − y'‖² of the fit, from the moments. */
        double error(Fit fit, JointMoments joint) {
            Matrix gained = linearAlgebra.multiply(fit.weights, joint.covariance());
            double error = joint.energy();
            for (int i = 0; i < gained.data().length; i++) {
                error += fit.weights.data()[i]
                        * (gained.data()[i] - 2 * joint.cross().data()[i]);
            }
            for (double missed : missedMean(fit, joint)) {
                error += missed * missed;
            }
            return error;
        }

        /** W E[x] + E[missing] − B E[z] − correction. */
        private double[] missedMean(Fit fit, JointMoments joint) {
            double[] missed = new double[correction.length];
            for (int o = 0; o < missed.length; o++) {
                missed[o] = joint.missing()[o] - fit.correction[o];
                for (int i = 0; i < weight.cols(); i++) {
                    missed[o] += weight.get(o, i) * joint.originalMean()[i];
                }
                for (int i = 0; i < joint.mean().length; i++) {
                    missed[o] -= fit.weights.get(o, i) * joint.mean()[i];
                }
            }
            return missed;
        }
    }
}
