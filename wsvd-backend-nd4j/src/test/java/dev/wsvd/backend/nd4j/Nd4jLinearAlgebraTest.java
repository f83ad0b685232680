package dev.wsvd.backend.nd4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.testkit.LinearAlgebraContract;
import dev.wsvd.testkit.MatrixGallery;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.factory.Nd4j;

final class Nd4jLinearAlgebraTest extends LinearAlgebraContract {
    @Override
    protected LinearAlgebra linearAlgebra() {
        return new Nd4jProvider().create();
    }

    /** In one of its callers' workspaces memory would be freed only with the workspace. */
    @Test
    void takesNothingFromAWorkspaceOfTheCaller() {
        FloatMatrix a = MatrixGallery.random(200, 300).matrix();
        WorkspaceConfiguration configuration =
                WorkspaceConfiguration.builder().initialSize(1 << 20).build();
        try (MemoryWorkspace workspace =
                Nd4j.getWorkspaceManager().getAndActivateWorkspace(configuration, "caller's")) {
            linearAlgebra().svd(a, 10);
            assertThat(workspace.getPrimaryOffset()).isZero();
        }
    }
}
