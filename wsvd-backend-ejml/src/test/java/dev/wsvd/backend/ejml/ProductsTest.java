package dev.wsvd.backend.ejml;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Matrix;
import org.junit.jupiter.api.Test;

final class ProductsTest {
    @Test
    void gramBeyondAnArrayIsRefused() {
        FloatMatrix column = new FloatMatrix(50_000, 1, new float[50_000]);
        assertThatThrownBy(() -> Products.gram(column))
                .isExactlyInstanceOf(LinearAlgebraException.class)
                .hasMessage("A 50000×50000 float64 matrix has more elements than a Java array can hold.");
    }

    @Test
    void productBeyondFloat32IsRefused() {
        Matrix a = new Matrix(2, 1, new double[] {1, 4});
        FloatMatrix b = new FloatMatrix(1, 3, new float[] {1, Float.MAX_VALUE, 2});
        assertThatThrownBy(() -> Products.multiply(a, b))
                .isExactlyInstanceOf(LinearAlgebraException.class)
                .hasMessage("The product of a 2×1 float64 and a 1×3 float32 matrix has an element in row 1 beyond the"
                        + " largest float32.");
    }
}
