package dev.wsvd.adapter.djl;

import static dev.wsvd.adapter.djl.DjlCalibrationTest.model;
import static dev.wsvd.adapter.djl.DjlCalibrationTest.moments;
import static dev.wsvd.adapter.djl.DjlCalibrationTest.outputs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.factorization.CanonicalPolyadic;
import dev.wsvd.testkit.PredictedErrors;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DJL's convolutions by {@code cp}: a kernel per channel stands between two pointwise stages. */
class DjlPolyadicTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final DjlFormat FORMAT = new DjlFormat(DjlPolyadicTest::network);
    private static final Tensor INPUTS = PredictedErrors.inputs(60, 3, 6, 9, 8);

    @TempDir
    Path folder;

    private static Block network() {
        return new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(10)
                        .setKernelShape(new Shape(3, 2))
                        .optDilation(new Shape(1, 3))
                        .optPadding(new Shape(2, 1))
                        .build());
    }

    @Test
    void thePredictedErrorIsTheOneTheEngineShowsAndSavedStagesOpen() {
        try (Model network = model(DjlPolyadicTest::network, 6, 9, 8)) {
            CompressibleModel<Model> original = FORMAT.of(network);
            Layer layer = original.layers().get(0);
            LayerMoments moments = moments(FORMAT, original, INPUTS).get(layer.id());
            Choice largest = Choice.of("cp", 12);
            Factors factors = new CanonicalPolyadic()
                    .factor(layer, original.weights(layer.id()), Optional.of(moments), largest, EJML);
            Tensor expected = outputs(FORMAT, original, INPUTS);
            for (Choice choice : List.of(Choice.of("cp", 1), Choice.of("cp", 7), largest)) {
                Replacement refined = factors.refined(choice);
                try (CompressibleModel<Model> replaced = original.with(List.of(refined))) {
                    Tensor found = outputs(FORMAT, replaced, INPUTS);
                    assertThat(PredictedErrors.relativeError(layer, expected, found))
                            .isCloseTo(refined.predictedError(), within(1e-4));
                    assertThat(replaced.stagesOf(layer.id())).hasSize(3);
                    assertOpens(replaced, found, folder.resolve(choice.toString()));
                }
            }
        }
    }

    private static void assertOpens(CompressibleModel<Model> small, Tensor expected, Path saved) {
        small.save(saved);
        try (CompressibleModel<Model> opened = FORMAT.open(saved, OpenOptions.DEFAULT)) {
            assertThat(opened.layers()).isEqualTo(small.layers());
            assertThat(PredictedErrors.squaredDistance(outputs(FORMAT, opened, INPUTS), expected))
                    .isZero();
        }
    }
}
