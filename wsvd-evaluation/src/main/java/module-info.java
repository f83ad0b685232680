/** Accuracy, fidelity, embeddings and latency of any model format, on arrays, texts and images. */
module dev.wsvd.evaluation {
    requires transitive dev.wsvd.domain;
    requires java.desktop;

    exports dev.wsvd.evaluation;
}
