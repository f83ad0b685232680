module it {
    requires dev.wsvd.adapter.onnx;
    requires dev.wsvd.evaluation;
    requires dev.wsvd.pipeline;
}
