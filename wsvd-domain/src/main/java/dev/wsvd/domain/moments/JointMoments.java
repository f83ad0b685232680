package dev.wsvd.domain.moments;

import dev.wsvd.domain.linalg.Matrix;

/**
 * What the first layer of a split gives to the second in a network whose layers before it were split too, together with what
 * the whole layer gave in the original. Of one group, z = T x̂ with T = P ⊗ I_J: the r·J values that the last stage sees at
 * an output position, in the order (projection, tap). Where a cut left some of the layer's channels, z is what it sees of them.
 *
 * @param mean E[z], r·J
 * @param covariance E[(z − E[z])(z − E[z])ᵀ], r·J × r·J
 * @param cross E[(y − ȳ)(z − E[z])ᵀ], n' × r·J, with y what the layer gave in the original before any activation and,
 *     where it goes into a residual sum, what that has got less since
 * @param energy E‖y − ȳ‖²
 * @param originalMean E[x], the mean of the patches the layer saw in the original, m'·K
 * @param missing E of what the residual sum has got less since, n'; zeros without one
 */
public record JointMoments(
        double[] mean, Matrix covariance, Matrix cross, double energy, double[] originalMean, double[] missing) {}
