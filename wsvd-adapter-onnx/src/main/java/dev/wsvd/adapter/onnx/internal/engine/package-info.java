/** ONNX Runtime, behind an interface: everything that touches its classes is here. */
package dev.wsvd.adapter.onnx.internal.engine;
