package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.LinearAlgebraException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparkFactorizationTest {
    private static final AtomicInteger TRIES = new AtomicInteger();
    private static final AtomicBoolean FAILED = new AtomicBoolean();
    private static final CountDownLatch WAITING = new CountDownLatch(1);
    private static final double TARGET = 0.3;

    private static JavaSparkContext spark;
    private static SharedFiles files;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        spark = DemoNetwork.spark();
        files = DemoNetwork.shared(spark);
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    /** Splits and cuts. Layers are weighed with what executors made of them, and corrected. */
    @ParameterizedTest
    @CsvSource({"any, 0.3", "channel-pruning, 0.6"})
    void budgetedSelectionGivesThePlanAndTheModelFileOfALocalRun(String scheme, double target) {
        CompressionResult<OnnxModel> local = saved(calibrated(scheme, target).correct(), "local.onnx");

        CompressionResult<OnnxModel> onSpark = saved(
                calibrated(scheme, target)
                        .correct()
                        .layerFactorizer(SparkFactorization.of(
                                spark,
                                otherFiles(),
                                (folder, closed) -> DemoNetwork.byFidelity(
                                                folder, CompressionParameters.budget(target), closed)
                                        .scheme(scheme))),
                "spark.onnx");

        assertThat(onSpark.plan()).isEqualTo(local.plan());
        assertThat(onSpark.plan().changes()).hasSizeGreaterThan(2);
        assertThat(dir.resolve("spark.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
        assertThat(onSpark.stats().layers()).isEqualTo(local.stats().layers());
    }

    @Test
    void theDriverDecomposesNothing() {
        LinearAlgebra ejml = new EjmlProvider().create();
        LinearAlgebra unable = (LinearAlgebra) Proxy.newProxyInstance(
                LinearAlgebra.class.getClassLoader(),
                new Class<?>[] {LinearAlgebra.class},
                (proxy, method, arguments) -> {
                    throw new IllegalStateException("the driver computes " + method.getName());
                });

        saved(byWeights().backend(ejml), "local.onnx");
        saved(byWeights().backend(unable).layerFactorizer(ofWeights()), "spark.onnx");

        assertThat(dir.resolve("spark.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
    }

    @Test
    void aTaskThatFailsTwiceIsTriedAgain() {
        saved(byWeights(), "local.onnx");
        TRIES.set(0);

        saved(
                byWeights().layerFactorizer(SparkFactorization.of(spark, otherFiles(), (folder, closed) -> {
                    if (TRIES.incrementAndGet() <= 2) {
                        throw new IllegalStateException("this executor is out of order");
                    }
                    return DemoNetwork.byWeights(folder, CompressionParameters.budget(TARGET), closed);
                })),
                "spark.onnx");

        assertThat(TRIES).hasValue(3);
        assertThat(dir.resolve("spark.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
    }

    @Test
    void aTaskThatAlwaysFailsIsNamedWithItsReason() {
        ModelCompressor<OnnxModel> compressor = byWeights()
                .layerFactorizer(SparkFactorization.of(spark, otherFiles(), (folder, closed) -> {
                    throw new IllegalStateException("no backend");
                }));

        assertThatThrownBy(compressor::plan)
                .isInstanceOf(WsvdException.class)
                .hasMessageContaining("no backend")
                .hasMessageContaining("Spark failed at decomposing");
    }

    @Test
    void whatWouldFailAnywhereIsNotTriedAgain() {
        Plan one =
                new Plan(Map.of(new LayerId("stage1.0.conv1"), new Decision.Change(Choice.of("output-channel", 12))));
        TRIES.set(0);
        ModelCompressor<OnnxModel> compressor = DemoNetwork.byWeights(
                        DemoNetwork.folder(), CompressionParameters.plan(one), model -> {})
                .layerFactorizer(SparkFactorization.of(spark, otherFiles(), (folder, closed) -> {
                    TRIES.incrementAndGet();
                    throw new InvalidInputException("The model does not fit.");
                }));

        assertThatThrownBy(compressor::compress)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The model does not fit.");
        assertThat(TRIES).hasValue(1);
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void whereALayerFailsTheOthersAreGivenUp() throws InterruptedException {
        ModelCompressor<OnnxModel> compressor = byWeights()
                .layerFactorizer(SparkFactorization.of(
                        spark,
                        otherFiles(),
                        (folder, closed) -> DemoNetwork.byWeights(folder, CompressionParameters.budget(TARGET), closed)
                                .backend(failsOnceThenWaits())));
        try {
            assertThatThrownBy(compressor::plan)
                    .isInstanceOf(LinearAlgebraException.class)
                    .hasMessageContaining("does not converge");

            assertThat(DemoNetwork.activeJobs(spark)).isEmpty();
        } finally {
            WAITING.countDown();
        }
    }

    private static LinearAlgebra failsOnceThenWaits() {
        return (LinearAlgebra) Proxy.newProxyInstance(
                LinearAlgebra.class.getClassLoader(),
                new Class<?>[] {LinearAlgebra.class},
                (proxy, method, arguments) -> {
                    if (FAILED.getAndSet(true)) {
                        WAITING.await();
                    }
                    throw new LinearAlgebraException("It does not converge.");
                });
    }

    /** By other files, so that no session of another test is open for them. */
    private static SharedFiles otherFiles() {
        return DemoNetwork.shared(spark);
    }

    private static ModelCompressor<OnnxModel> calibrated(String scheme, double target) {
        return DemoNetwork.byFidelity(DemoNetwork.folder(), CompressionParameters.budget(target), model -> {})
                .calibration(DemoNetwork.inputs(DemoNetwork.folder()))
                .scheme(scheme);
    }

    private static ModelCompressor<OnnxModel> byWeights() {
        return DemoNetwork.byWeights(DemoNetwork.folder(), CompressionParameters.budget(TARGET), model -> {});
    }

    private static SparkFactorization<OnnxModel> ofWeights() {
        return SparkFactorization.of(
                spark,
                files,
                (folder, closed) -> DemoNetwork.byWeights(folder, CompressionParameters.budget(TARGET), closed));
    }

    private CompressionResult<OnnxModel> saved(ModelCompressor<OnnxModel> compressor, String file) {
        CompressionResult<OnnxModel> result = compressor.compress();
        try (CompressibleModel<OnnxModel> model = result.model()) {
            model.save(dir.resolve(file));
        }
        return result;
    }
}
