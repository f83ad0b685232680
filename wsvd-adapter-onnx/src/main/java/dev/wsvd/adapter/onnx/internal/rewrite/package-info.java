/** How nodes of stages take the place of a layer's node. */
package dev.wsvd.adapter.onnx.internal.rewrite;
