/** Makes models compute in int8: ranges of activations, rounded weights, equalized channels, corrected biases. */
package dev.wsvd.quantization;
