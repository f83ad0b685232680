/** Every error wsvd throws on purpose: one unchecked root and a few kinds. */
package dev.wsvd.domain.error;
