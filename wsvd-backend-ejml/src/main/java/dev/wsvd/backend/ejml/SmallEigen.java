package dev.wsvd.backend.ejml;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/** EJML's symmetric eigendecomposition, sorted. */
final class SmallEigen {
    private SmallEigen() {}

    static SymmetricEigen decompose(Matrix a, int count) {
        int n = a.rows();
        EigenDecomposition_F64<DMatrixRMaj> eigen = DecompositionFactory_DDRM.eig(n, true, true);
        if (!eigen.decompose(new DMatrixRMaj(n, n, true, a.data().clone()))) {
            throw new LinearAlgebraException(
                    "The eigendecomposition of a " + a + " matrix did not converge (EJML's symmetric QR algorithm).");
        }
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -eigen.getEigenvalue(i).getReal()))
                .mapToInt(Integer::intValue)
                .toArray();
        double[] values = new double[n];
        double[] vectors = new double[count * n];
        for (int i = 0; i < n; i++) {
            values[i] = eigen.getEigenvalue(order[i]).getReal();
            if (i < count) {
                System.arraycopy(eigen.getEigenVector(order[i]).data, 0, vectors, i * n, n);
            }
        }
        return new SymmetricEigen(values, new Matrix(count, n, vectors));
    }
}
