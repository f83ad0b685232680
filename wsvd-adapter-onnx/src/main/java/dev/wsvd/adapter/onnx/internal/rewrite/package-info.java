/** How a split layer's node becomes two. */
package dev.wsvd.adapter.onnx.internal.rewrite;
