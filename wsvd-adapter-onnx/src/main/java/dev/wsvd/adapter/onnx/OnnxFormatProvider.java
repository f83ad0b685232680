package dev.wsvd.adapter.onnx;

import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.ModelFormatProvider;

/** ONNX files: rewritten by protobuf, run by ONNX Runtime. */
public final class OnnxFormatProvider implements ModelFormatProvider {
    @Override
    public String id() {
        return OnnxFormat.ID;
    }

    /** The version of ONNX Runtime this was made for. */
    @Override
    public String version() {
        return Versions.onnxRuntime();
    }

    @Override
    public int priority() {
        return 100;
    }

    @Override
    public ModelFormat<?> create() {
        return new OnnxFormat();
    }
}
