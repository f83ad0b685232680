/** The use cases, and the resolver that finds backends and model formats on the classpath. */
module dev.wsvd.pipeline {
    requires transitive dev.wsvd.calibration;
    requires transitive dev.wsvd.cost;
    requires transitive dev.wsvd.domain;
    requires transitive dev.wsvd.factorization;
    requires transitive dev.wsvd.quantization;
    requires transitive dev.wsvd.selection;

    exports dev.wsvd.pipeline;
    exports dev.wsvd.pipeline.resolve;

    uses dev.wsvd.domain.spi.Cluster;
    uses dev.wsvd.domain.spi.CompressionScheme;
    uses dev.wsvd.domain.spi.CostModel;
    uses dev.wsvd.domain.spi.LinearAlgebraProvider;
    uses dev.wsvd.domain.spi.ModelFormatProvider;
    uses dev.wsvd.domain.spi.TokenizerProvider;
}
