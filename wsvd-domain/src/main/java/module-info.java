/** The vocabulary, the ports and the errors; depends on the JDK only. */
module dev.wsvd.domain {
    exports dev.wsvd.domain;
    exports dev.wsvd.domain.cost;
    exports dev.wsvd.domain.error;
    exports dev.wsvd.domain.file;
    exports dev.wsvd.domain.layer;
    exports dev.wsvd.domain.linalg;
    exports dev.wsvd.domain.moments;
    exports dev.wsvd.domain.plan;
    exports dev.wsvd.domain.quantization;
    exports dev.wsvd.domain.score;
    exports dev.wsvd.domain.spi;
    exports dev.wsvd.domain.stats;
    exports dev.wsvd.domain.tensor;
}
