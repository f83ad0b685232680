/** Linear algebra by OpenBLAS, through the JavaCPP presets. */
package dev.wsvd.backend.openblas;
