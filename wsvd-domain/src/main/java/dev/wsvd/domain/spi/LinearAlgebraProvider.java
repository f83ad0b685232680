package dev.wsvd.domain.spi;

import dev.wsvd.domain.linalg.LinearAlgebra;

/** A backend: how a linear-algebra library is found on the classpath. */
public interface LinearAlgebraProvider extends Provider<LinearAlgebra> {}
