/** ONNX Runtime in a process of its own, with limits of time and memory. */
package dev.wsvd.adapter.onnx.internal.isolate;
