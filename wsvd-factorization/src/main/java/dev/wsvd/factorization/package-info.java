/** Compression schemes and their mathematics: factors, refits, correction, and the small dense solvers they need. */
package dev.wsvd.factorization;
