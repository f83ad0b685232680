package dev.wsvd.factorization;

/** Spatial SVD as in AIMET: each two-dimensional convolution becomes one along the rows and one along the columns of its kernel. */
public final class SpatialSvd extends UnfoldedSvd {
    public SpatialSvd() {
        super("spatial-svd", Unfolding.SPATIAL);
    }
}
