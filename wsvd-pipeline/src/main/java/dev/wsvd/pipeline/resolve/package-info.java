/** Finds backends, model formats, schemes and cost models on the classpath; the only caller of {@link java.util.ServiceLoader}. */
package dev.wsvd.pipeline.resolve;
