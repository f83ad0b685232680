/**
 * The vocabulary of low-rank splitting: layers, unfoldings, ranks, costs, scores, plans and statistics.
 *
 * <p>Knows no framework, no JSON and no file format; depends on the JDK only.
 */
package dev.wsvd.domain;
