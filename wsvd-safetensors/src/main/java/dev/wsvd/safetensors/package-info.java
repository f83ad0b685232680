/** Weights by name, as PyTorch users keep them: safetensors files, and the names in them of a model's layers. */
package dev.wsvd.safetensors;
