/** Linear algebra by ND4J, on whichever of its backends the integrator adds. */
package dev.wsvd.backend.nd4j;
