/**
 * The vocabulary of low-rank compression: layers, costs, scores and statistics; plans are in {@code plan}, ports in {@code spi}.
 *
 * <p>Knows no framework, no JSON and no file format; depends on the JDK only.
 */
package dev.wsvd.domain;
