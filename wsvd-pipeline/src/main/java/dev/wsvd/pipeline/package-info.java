/** The use cases: open a model, choose a rank for every layer, split it, give an account. */
package dev.wsvd.pipeline;
