/** ONNX models: opened, measured, split, run and saved. Start at {@link dev.wsvd.adapter.onnx.OnnxFormat}. */
package dev.wsvd.adapter.onnx;
