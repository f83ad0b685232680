/** Layers of an ONNX graph in int8: by QDQ nodes, or with ranges that each run finds. */
package dev.wsvd.adapter.onnx.internal.quantize;
