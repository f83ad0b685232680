/** Predictions, and graphs made to be watched. */
package dev.wsvd.adapter.onnx.internal.run;
