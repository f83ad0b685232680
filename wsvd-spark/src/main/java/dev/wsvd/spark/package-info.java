/** wsvd on Apache Spark: the work of a run that is independent, done by executors. */
package dev.wsvd.spark;
