/** ONNX models: opened, measured, rewritten, run and saved. Start at {@link dev.wsvd.adapter.onnx.OnnxFormat}. */
package dev.wsvd.adapter.onnx;
