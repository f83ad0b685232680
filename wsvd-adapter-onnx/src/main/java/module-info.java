/** Opens, rewrites, runs and saves ONNX models. Its libraries state in their manifests by which names they are required. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module dev.wsvd.adapter.onnx {
    requires com.fasterxml.jackson.core;
    requires transitive com.google.protobuf;
    requires com.microsoft.onnxruntime;
    requires transitive dev.wsvd.domain;
    requires transitive dev.wsvd.safetensors;
    requires java.management;
    requires transitive org.tribuo.util.onnx;

    exports dev.wsvd.adapter.onnx;

    provides dev.wsvd.domain.spi.ModelFormatProvider with
            dev.wsvd.adapter.onnx.OnnxFormatProvider;
}
