/** The command {@code wsvd} on a cluster. */
package dev.wsvd.spark.internal;
