/** What an ONNX graph holds: names and where they are defined, constants, layers. */
package dev.wsvd.adapter.onnx.internal.graph;
