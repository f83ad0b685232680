package dev.wsvd.backend.openblas;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.testkit.LinearAlgebraContract;

final class OpenblasLinearAlgebraTest extends LinearAlgebraContract {
    @Override
    protected LinearAlgebra linearAlgebra() {
        return new OpenblasProvider().create();
    }
}
