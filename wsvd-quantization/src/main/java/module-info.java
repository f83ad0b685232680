/** Models in int8: ranges, rounding, equalization, bias correction, which layers stay float. */
module dev.wsvd.quantization {
    requires transitive dev.wsvd.calibration;
    requires transitive dev.wsvd.domain;

    exports dev.wsvd.quantization;
}
