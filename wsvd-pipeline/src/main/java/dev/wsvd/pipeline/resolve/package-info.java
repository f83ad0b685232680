/** Finds backends and model formats on the classpath; the only caller of {@link java.util.ServiceLoader}. */
package dev.wsvd.pipeline.resolve;
