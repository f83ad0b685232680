/** Values that parameters take from another file, by their names. */
package dev.wsvd.adapter.onnx.internal.weights;
