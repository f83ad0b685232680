/** Which units between layers can be fewer on all sides at once, by what the nodes of a graph compute. */
package dev.wsvd.adapter.onnx.internal.coupling;
