package dev.wsvd.json;

import dev.wsvd.domain.stats.CompressionStats.Provenance;
import dev.wsvd.domain.stats.CompressionStats.Sources;
import dev.wsvd.domain.stats.ReportOrigin;

/** How reports say what made them. */
record ProvenanceContent(
        String wsvd,
        String backend,
        String java,
        String os,
        Long seed,
        String model,
        String modelSha256,
        Identities.Inputs calibration,
        Identities.Evaluator evaluator,
        String command) {
    static ProvenanceContent of(Provenance made) {
        return of(made.wsvd(), made.modelSha256(), made.sources())
                .in(made.backend(), made.java(), made.os(), made.seed());
    }

    static ProvenanceContent of(ReportOrigin origin) {
        return of(origin.wsvd().orElse(null), origin.model().sha256(), origin.sources());
    }

    private static ProvenanceContent of(String wsvd, String modelSha256, Sources sources) {
        return new ProvenanceContent(
                wsvd,
                null,
                null,
                null,
                null,
                sources.model().orElse(null),
                modelSha256,
                sources.calibration().map(Identities.Inputs::of).orElse(null),
                sources.evaluator().map(Identities.Evaluator::of).orElse(null),
                sources.command().orElse(null));
    }

    private ProvenanceContent in(String linearAlgebra, String javaVersion, String system, long random) {
        return new ProvenanceContent(
                wsvd, linearAlgebra, javaVersion, system, random, model, modelSha256, calibration, evaluator, command);
    }
}
