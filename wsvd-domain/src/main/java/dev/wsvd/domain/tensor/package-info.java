/** Typed arrays: what goes into a model and what comes out of it. */
package dev.wsvd.domain.tensor;
