package dev.wsvd.domain.factor;

import dev.wsvd.domain.linalg.Matrix;

/**
 * What one group of a layer sees in a network whose layers before it were split, together with what it gave in the original.
 *
 * @param seen moments of the patches x̂ it sees now
 * @param originalMean E[x], the mean of the patches it saw in the original
 * @param cross E[(y − ȳ)(x̂ − E[x̂])ᵀ], n' × m'·K, with y what it gave in the original before any activation
 * @param energy E‖y − ȳ‖²
 */
public record JointMoments(PatchMoments seen, double[] originalMean, Matrix cross, double energy) {}
