package dev.wsvd.backend.nd4j;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.testkit.LinearAlgebraContract;

final class Nd4jLinearAlgebraTest extends LinearAlgebraContract {
    @Override
    protected LinearAlgebra linearAlgebra() {
        return new Nd4jProvider().create();
    }
}
