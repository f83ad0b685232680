package com.example.naive;

import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.testkit.LinearAlgebraContract;
import org.junit.jupiter.api.Tag;

@Tag("slow")
final class NaiveLinearAlgebraTest extends LinearAlgebraContract {
    @Override
    protected LinearAlgebra linearAlgebra() {
        return new NaiveProvider().create();
    }
}
