package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Fits a split layer's second factor and bias anew, to what the layer gave in the original, for the inputs it gets in a network
 * whose layers before it were split: B = C_yz (C_zz + ridge)⁻¹, b' = b + W E[x] − B E[z], with z = T x̂ what the second layer sees. So a layer makes up for
 * some of what those before it miss.
 *
 * <p>The asymmetric form of X. Zhang, J. Zou, K. He, J. Sun, "Accelerating very deep convolutional networks for classification
 * and detection", IEEE Transactions on Pattern Analysis and Machine Intelligence, 2016 (arXiv 1505.06798).
 */
public final class SequentialCorrection {
    /** Share of the mean variance of what the first layer gives. */
    private static final double RIDGE = 1e-3;

    private final LinearAlgebra linearAlgebra;

    public SequentialCorrection(LinearAlgebra linearAlgebra) {
        this.linearAlgebra = Objects.requireNonNull(linearAlgebra, "linearAlgebra");
    }

    /**
     * The factors with second weights and shift fitted anew, if that lowers the error on inputs it was not fitted to.
     *
     * @param weight W of the original layer
     * @param learnt by group, to fit to
     * @param heldOut by group, of other inputs
     * @return the factors as they were where that is not so
     */
    public FactorizedLayer correct(
            FactorizedLayer factors, float[] weight, List<JointMoments> learnt, List<JointMoments> heldOut) {
        Layer layer = factors.layer();
        int rank = factors.split().rank();
        int taps = factors.split().unfolding().taps(layer);
        int out = layer.outChannels() / layer.groups();
        int width = rank * taps;
        float[] second = factors.second().clone();
        float[] shift =
                factors.shift().orElseGet(() -> new float[layer.outChannels()]).clone();
        double before = 0;
        double after = 0;
        for (int g = 0; g < layer.groups(); g++) {
            Group group = new Group(factors, weight, g);
            Fit old = group.now();
            Fit fitted = group.fit(learnt.get(g));
            before += group.error(old, heldOut.get(g));
            after += group.error(fitted, heldOut.get(g));
            for (int o = 0; o < out; o++) {
                shift[g * out + o] = (float) fitted.shift[o];
                for (int i = 0; i < width; i++) {
                    second[(g * out + o) * width + i] = (float) fitted.second.get(o, i);
                }
            }
        }
        return after < before
                ? new FactorizedLayer(
                        layer, factors.split(), factors.first(), second, Optional.of(shift), factors.error())
                : factors;
    }

    /** B, n' × r·J, and what the bias gains. */
    private record Fit(Matrix second, double[] shift) {}

    /** One group's second factor and weight in float64. */
    private final class Group {
        private final Matrix weight;
        private final Matrix second;
        private final double[] shift;

        Group(FactorizedLayer factors, float[] weight, int group) {
            Layer layer = factors.layer();
            int out = layer.outChannels() / layer.groups();
            this.weight = rows(weight, group * out, out, weight.length / layer.outChannels());
            this.second = rows(factors.second(), group * out, out, factors.second().length / layer.outChannels());
            this.shift = new double[out];
            factors.shift().ifPresent(added -> {
                for (int o = 0; o < out; o++) {
                    shift[o] = added[group * out + o];
                }
            });
        }

        Fit now() {
            return new Fit(second, shift);
        }

        Fit fit(JointMoments joint) {
            Cholesky cholesky = new Cholesky(linearAlgebra, Matrices.withRidge(joint.covariance(), RIDGE));
            Matrix fitted = cholesky.solve(joint.cross().transposed()).transposed();
            return new Fit(fitted, missedMean(new Fit(fitted, new double[shift.length]), joint));
        }

        /** E‖y − y'‖² of the fit, from the moments. */
        double error(Fit fit, JointMoments joint) {
            Matrix gained = linearAlgebra.multiply(fit.second, joint.covariance());
            double error = joint.energy();
            for (int i = 0; i < gained.data().length; i++) {
                error += fit.second.data()[i]
                        * (gained.data()[i] - 2 * joint.cross().data()[i]);
            }
            for (double missed : missedMean(fit, joint)) {
                error += missed * missed;
            }
            return error;
        }

        /** W E[x] − B E[z] − shift. */
        private double[] missedMean(Fit fit, JointMoments joint) {
            double[] missed = new double[shift.length];
            for (int o = 0; o < missed.length; o++) {
                missed[o] = -fit.shift[o];
                for (int i = 0; i < weight.cols(); i++) {
                    missed[o] += weight.get(o, i) * joint.originalMean()[i];
                }
                for (int i = 0; i < joint.mean().length; i++) {
                    missed[o] -= fit.second.get(o, i) * joint.mean()[i];
                }
            }
            return missed;
        }
    }

    private static Matrix rows(float[] from, int first, int count, int width) {
        double[] rows = new double[count * width];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = from[first * width + i];
        }
        return new Matrix(count, width, rows);
    }
}
