package dev.wsvd.backend.ejml;

import dev.wsvd.domain.error.LinearAlgebraException;
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
    public SymmetricEigen eigenSymmetric(Matrix a) {
        return eigenLeading(a, a.rows());
    }

    @Override
    public SymmetricEigen eigenLeading(Matrix a, int count) {
        if (a.rows() != a.cols()) {
            throw new LinearAlgebraException("The eigendecomposition of a " + a + " matrix: it must be square.");
        }
        if (count < 1 || count > a.rows()) {
            throw new LinearAlgebraException(
                    "The leading " + count + " eigenvectors of a " + a + " matrix: there are 1 … " + a.rows() + ".");
        }
        a.requireFinite();
        return SymmetricEigensolver.decompose(a, count);
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        if (a.cols() != b.rows()) {
            throw new LinearAlgebraException("The product of a " + a + " and a " + b
                    + " matrix: the columns of the first must be as many as the rows of the second.");
        }
        a.requireFinite();
        b.requireFinite();
        return Products.multiply(a, b);
    }
}
