package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.JointMoments;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Compensates for upstream error (sequential reconstruction): fits the last stage of a replaced layer and its bias anew, to what
 * the layer gave in the original, for the inputs it gets in a network whose layers before it are replaced too:
 * B = C_yz (C_zz + ridge)⁻¹, b' = b + W E[x] − B E[z], with z what the last stage sees ({@link Projections}).
 *
 * <p>The asymmetric form of X. Zhang, J. Zou, K. He, J. Sun, "Accelerating very deep convolutional networks for classification
 * and detection", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2016 (arXiv 1505.06798).
 */
public final class SequentialCorrection {
    /** Share of the mean variance of what the last stage sees. */
    private static final double RIDGE = 1e-4;

    private final LinearAlgebra linearAlgebra;

    public SequentialCorrection(LinearAlgebra linearAlgebra) {
        this.linearAlgebra = Objects.requireNonNull(linearAlgebra, "linearAlgebra");
    }

    /**
     * The replacement with last weights and bias correction fitted anew, if that lowers the error on inputs it was not fitted to.
     *
     * @param weights W of the original layer
     * @param learnt by group, to fit to
     * @param heldOut by group, of other inputs
     * @return the replacement as it was where that is not so
     */
    public Replacement correct(
            Replacement replacement, Weights weights, List<JointMoments> learnt, List<JointMoments> heldOut) {
        Layer layer = replacement.layer();
        List<Stage> stages = replacement.parts();
        Stage last = stages.get(stages.size() - 1);
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
            Fit fitted = group.fit(learnt.get(g));
            before += group.error(old, heldOut.get(g));
            after += group.error(fitted, heldOut.get(g));
            for (int o = 0; o < out; o++) {
                correction[g * out + o] = (float) fitted.correction[o];
                for (int i = 0; i < width; i++) {
                    fittedWeights[(g * out + o) * width + i] = (float) fitted.weights.get(o, i);
                }
            }
        }
        if (!(after < before)) {
            return replacement;
        }
        List<Stage> corrected = new ArrayList<>(stages.subList(0, stages.size() - 1));
        corrected.add(new Stage(last.op(), Weights.of(last.op().weight(), fittedWeights), Optional.of(correction)));
        return Replacement.of(layer, replacement.choice(), corrected, replacement.predictedError());
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

        Fit fit(JointMoments joint) {
            Cholesky cholesky = new Cholesky(linearAlgebra, Matrices.withRidge(joint.covariance(), RIDGE));
            Matrix fitted = cholesky.solve(joint.cross().transposed()).transposed();
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

        /** W E[x] − B E[z] − correction. */
        private double[] missedMean(Fit fit, JointMoments joint) {
            double[] missed = new double[correction.length];
            for (int o = 0; o < missed.length; o++) {
                missed[o] = -fit.correction[o];
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
