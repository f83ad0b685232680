/** The {@code wsvd} command: a thin layer over the pipeline. */
package dev.wsvd.cli;
