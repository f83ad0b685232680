package dev.wsvd.adapter.onnx.internal.file;

import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.NodeProto;

/** By what a node calls a model-local function. ONNX's own domain may be spelled out. */
public record FunctionId(String domain, String name, String overload) {
    public FunctionId {
        domain = domain.equals("ai.onnx") ? "" : domain;
    }

    public static FunctionId of(FunctionProto function) {
        return new FunctionId(function.getDomain(), function.getName(), function.getOverload());
    }

    /** What a node calls, if that is a function. */
    public static FunctionId of(NodeProto node) {
        return new FunctionId(node.getDomain(), node.getOpType(), node.getOverload());
    }

    /** For people: {@code local:Twice}. */
    @Override
    public String toString() {
        String full = domain.isEmpty() ? name : domain + ":" + name;
        return overload.isEmpty() ? full : full + ":" + overload;
    }
}
