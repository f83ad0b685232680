package dev.wsvd.backend.ejml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.testkit.MatrixGallery;
import java.util.Arrays;
import java.util.stream.Stream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The decomposition by the Gram matrix against EJML's own full singular value decomposition. */
final class FullSvdComparisonTest {
    private final EjmlLinearAlgebra linearAlgebra = new EjmlLinearAlgebra();

    @TestFactory
    Stream<DynamicTest> singularValuesAgree() {
        return Stream.concat(
                        MatrixGallery.wide().stream(),
                        Stream.of(MatrixGallery.random(100, 1200), MatrixGallery.random(257, 400)))
                .map(sample -> dynamicTest(sample.toString(), () -> compare(sample.matrix())));
    }

    private void compare(FloatMatrix a) {
        double[] expected = fullSvd(a);
        double norm = Math.sqrt(Arrays.stream(expected).map(s -> s * s).sum());
        for (int rank : new int[] {1, (a.rows() + 1) / 2, a.rows()}) {
            TruncatedSvd svd = linearAlgebra.svd(a, rank);
            double dropped = 0;
            for (int i = 0; i < expected.length; i++) {
                if (i < rank) {
                    assertThat(svd.values()[i])
                            .as("singular value %d", i)
                            .isCloseTo(expected[i], within(1e-6 * expected[0]));
                }
                dropped += i < rank ? 0 : expected[i] * expected[i];
            }
            assertThat(Math.sqrt(svd.remainder()))
                    .as("reconstruction error at rank %d", rank)
                    .isCloseTo(Math.sqrt(dropped), within(1e-5 * norm));
        }
    }

    private static double[] fullSvd(FloatMatrix a) {
        DMatrixRMaj m = new DMatrixRMaj(a.rows(), a.cols());
        Arrays.setAll(m.data, i -> a.data()[i]);
        SingularValueDecomposition_F64<DMatrixRMaj> svd =
                DecompositionFactory_DDRM.svd(a.rows(), a.cols(), false, false, true);
        assertThat(svd.decompose(m)).isTrue();
        double[] ascending = Arrays.copyOf(svd.getSingularValues(), a.rows());
        Arrays.sort(ascending);
        double[] descending = new double[ascending.length];
        Arrays.setAll(descending, i -> ascending[ascending.length - 1 - i]);
        return descending;
    }
}
