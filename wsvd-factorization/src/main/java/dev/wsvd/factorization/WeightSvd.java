package dev.wsvd.factorization;

/**
 * Weight SVD as in AIMET: each layer becomes a pointwise layer and one with the original kernel, in this order
 * ({@code input-channel}) or the other ({@code output-channel}).
 */
public final class WeightSvd extends UnfoldedSvd {
    public WeightSvd() {
        super("weight-svd", Unfolding.INPUT_CHANNEL, Unfolding.OUTPUT_CHANNEL);
    }
}
