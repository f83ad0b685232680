/** Layers that compute in whole numbers of eight bits. */
package dev.wsvd.domain.quantization;
