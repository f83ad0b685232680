package dev.wsvd.domain.factor;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.WeightShape;

/**
 * The two weights that replace one. Both layers keep the original's number of groups g; the first has no bias, the second
 * the original's.
 *
 * @param layer the original layer
 * @param split unfolding and rank r (per group)
 * @param firstShape [g·r][m/g][k…], kernel dims all 1 for {@code input-channel}
 * @param first row-major
 * @param secondShape [n][r][k…], kernel dims all 1 for {@code output-channel}
 * @param second row-major
 * @param error relative reconstruction error ‖A − A_r‖_F / ‖A‖_F over all groups
 */
public record FactorizedLayer(
        Layer layer,
        RankDecision.Split split,
        WeightShape firstShape,
        float[] first,
        WeightShape secondShape,
        float[] second,
        double error) {}
