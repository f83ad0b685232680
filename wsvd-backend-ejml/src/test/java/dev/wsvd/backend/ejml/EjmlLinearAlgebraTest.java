package dev.wsvd.backend.ejml;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.testkit.LinearAlgebraContract;

final class EjmlLinearAlgebraTest extends LinearAlgebraContract {
    @Override
    protected LinearAlgebra linearAlgebra() {
        return new EjmlProvider().create();
    }
}
