/** Weight SVD, Spatial SVD and what else can stand in a layer's place: factors, refits, correction. */
module dev.wsvd.factorization {
    requires transitive dev.wsvd.domain;

    exports dev.wsvd.factorization;

    provides dev.wsvd.domain.spi.CompressionScheme with
            dev.wsvd.factorization.WeightSvd,
            dev.wsvd.factorization.SpatialSvd,
            dev.wsvd.factorization.Tucker2,
            dev.wsvd.factorization.CanonicalPolyadic,
            dev.wsvd.factorization.EmbeddingSvd,
            dev.wsvd.factorization.ChannelPruning,
            dev.wsvd.factorization.HeadCut,
            dev.wsvd.factorization.SiblingSplit;
}
