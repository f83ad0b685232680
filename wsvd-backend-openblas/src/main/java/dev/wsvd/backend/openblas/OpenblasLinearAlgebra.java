package dev.wsvd.backend.openblas;

import dev.wsvd.domain.linalg.Checks;
import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.RoundedProduct;
import dev.wsvd.domain.linalg.SymmetricEigen;

/** Linear algebra by OpenBLAS. Stateless, so that threads can share one; calls wait for each other. */
final class OpenblasLinearAlgebra implements LinearAlgebra {
    @Override
    public Matrix gram(FloatMatrix a) {
        int p = a.rows();
        double[] g = Matrix.allocate(p, p);
        addGram(a, g);
        return Matrix.ofUpperTriangle(p, g);
    }

    @Override
    public void addGram(FloatMatrix a, double[] upper) {
        a.requireFinite();
        Products.addGram(Operand.of(a), adding(upper, a.rows()));
    }

    @Override
    public Matrix cross(FloatMatrix a, FloatMatrix b) {
        double[] product = Matrix.allocate(a.rows(), b.rows());
        addCross(a, b, product);
        return new Matrix(a.rows(), b.rows(), product);
    }

    @Override
    public void addCross(FloatMatrix a, FloatMatrix b, double[] sum) {
        Checks.cross(a, b);
        Products.add(Operand.of(a), Operand.of(b).transposed(), adding(sum, b.rows()));
    }

    /** Adds tiles to a row-major sum. */
    private static Products.Sink adding(double[] sum, int width) {
        return (row, rows, col, cols, tile) -> {
            double[] one = new double[cols];
            for (int i = 0; i < rows; i++) {
                tile.get(i * cols, one);
                int at = (row + i) * width + col;
                for (int j = 0; j < cols; j++) {
                    sum[at + j] += one[j];
                }
            }
        };
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
    public double[] eigenvalues(Matrix a) {
        Checks.eigen(a, a.rows());
        return SymmetricEigensolver.values(a);
    }

    @Override
    public FloatMatrix multiply(Matrix a, FloatMatrix b) {
        Checks.product(a, b);
        RoundedProduct product = new RoundedProduct(a, b);
        Products.of(Operand.of(a), Operand.of(b), (row, rows, col, cols, tile) -> {
            double[] one = new double[cols];
            for (int i = 0; i < rows; i++) {
                tile.get(i * cols, one);
                product.put(row + i, col, one, 0, cols);
            }
        });
        return product.matrix();
    }

    @Override
    public Matrix multiply(Matrix a, Matrix b) {
        Checks.productSizes(a, b);
        return Checks.finite(product(Operand.of(a), Operand.of(b)), a, b);
    }

    @Override
    public Matrix timesTransposed(Matrix a, Matrix b) {
        Checks.timesTransposedSizes(a, b);
        return Checks.finite(product(Operand.of(a), Operand.of(b).transposed()), a, b);
    }

    @Override
    public Matrix transposedTimes(Matrix a, Matrix b) {
        Checks.transposedTimesSizes(a, b);
        return Checks.finite(product(Operand.of(a).transposed(), Operand.of(b)), a, b);
    }

    private static Matrix product(Operand left, Operand right) {
        int width = right.cols();
        double[] product = Matrix.allocate(left.rows(), width);
        Products.of(left, right, (row, rows, col, cols, tile) -> {
            for (int i = 0; i < rows; i++) {
                tile.get(i * cols, product, (row + i) * width + col, cols);
            }
        });
        return new Matrix(left.rows(), width, product);
    }

    @Override
    public Cholesky cholesky(Matrix a) {
        Checks.cholesky(a);
        return new OpenblasCholesky(a);
    }
}
