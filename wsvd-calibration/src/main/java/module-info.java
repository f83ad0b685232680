/** What is learnt from activations: moments of what layers see, output errors, divergence of outputs. */
module dev.wsvd.calibration {
    requires transitive dev.wsvd.domain;

    exports dev.wsvd.calibration;
}
