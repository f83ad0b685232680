/** ONNX Runtime: sessions and predictions. */
package dev.wsvd.adapter.onnx.internal.run;
