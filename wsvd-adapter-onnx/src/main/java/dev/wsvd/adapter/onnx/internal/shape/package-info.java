/** Sizes of a graph's tensors, as ONNX Runtime knows them. */
package dev.wsvd.adapter.onnx.internal.shape;
