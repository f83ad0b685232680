package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;

/** Linear algebra in pure Java. Stateless, so that threads can share one. */
final class EjmlLinearAlgebra implements LinearAlgebra {
    @Override
    public Matrix gram(FloatMatrix a) {
        a.requireFinite();
        return Products.gram(a);
    }

    @Override
    public Matrix cross(FloatMatrix a, FloatMatrix b) {
        Checks.cross(a, b);
        return Products.cross(a, b);
    }

    @Override
    public SymmetricEigen eigenSymmetric(Matrix a) {
        return eigenLeading(a, a.rows());
    }

    @Override
    public SymmetricEigen eigenLeading(Matrix a, int count) {
        Checks.eigen(a, count);
        return SymmetricEigensolver.decompose(a, count);
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        Checks.product(a, b);
        return Products.multiply(a, b);
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.productSizes(a, b);
        return Checks.finite(Products.multiply(a, b), a, b);
    }

    @Override
    public Matrix timesTransposed(Matrix a, Matrix b) {
        Checks.timesTransposedSizes(a, b);
        return Checks.finite(Products.timesTransposed(a, b), a, b);
    }

    @Override
    public Matrix transposedTimes(Matrix a, Matrix b) {
        Checks.transposedTimesSizes(a, b);
        return Checks.finite(Products.transposedTimes(a, b), a, b);
    }
}
