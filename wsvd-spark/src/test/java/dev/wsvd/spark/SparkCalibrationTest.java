package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.LearntMoments;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore.Kept;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparkCalibrationTest {
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final AtomicInteger TRIES = new AtomicInteger();
    private static final CountDownLatch BEGUN = new CountDownLatch(1);
    private static final CountDownLatch ENDED = new CountDownLatch(1);

    private static JavaSparkContext spark;
    private static SharedFiles files;
    private static Path local;
    private static Path inThreeParts;

    @TempDir
    static Path shared;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        spark = DemoNetwork.spark();
        files = DemoNetwork.shared(spark);
        local = local(DemoNetwork.moreInputs(DemoNetwork.folder()), shared.resolve("local.npz"));
        inThreeParts = onSpark(3, shared.resolve("spark.npz"));
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    private static ModelCompressor<OnnxModel> compressor(Path folder, Consumer<AutoCloseable> closed) {
        CompressibleModel<OnnxModel> model = DemoNetwork.open(folder);
        closed.accept(model);
        return ModelCompressor.of(model).calibration(DemoNetwork.moreInputs(folder));
    }

    private static Path onSpark(int parts, Path file) {
        SparkCalibration.of(spark, files, SparkCalibrationTest::compressor)
                .parts(parts)
                .save(NpzMoments.at(file));
        return file;
    }

    private static Path local(ArrayActivations<OnnxModel> inputs, Path file) {
        try (CompressibleModel<OnnxModel> model = DemoNetwork.open(DemoNetwork.folder());
                LearntMoments moments = Moments.of(inputs, model.model(), model.layers(), EJML)) {
            NpzMoments.at(file).save(model.identity(), inputs.identity().orElseThrow(), moments, Map.of());
        }
        return file;
    }

    @Test
    void momentsAreThoseOfALocalRunButForTheRoundingOfSums() {
        assertClose(inThreeParts, local);
    }

    @Test
    void onePartIsALocalRunToTheBit() {
        assertThat(onSpark(1, dir.resolve("one.npz"))).hasSameBinaryContentAs(local);
    }

    @Test
    void theSamePartsGiveTheSameFileAlsoWhereATaskIsTriedAgain() {
        TRIES.set(0);
        Path afterFailures = dir.resolve("failed.npz");
        SparkCalibration.of(spark, DemoNetwork.shared(spark), (folder, closed) -> {
                    // The driver is the first.
                    if (TRIES.incrementAndGet() == 2) {
                        throw new IllegalStateException("this executor is out of order");
                    }
                    return compressor(folder, closed);
                })
                .parts(3)
                .save(NpzMoments.at(afterFailures));

        assertThat(TRIES).hasValue(3);
        assertThat(afterFailures).hasSameBinaryContentAs(inThreeParts);
    }

    /** So few that of no layer patches are sampled, which goes by where batches begin. */
    @Test
    void rowsAreInputsToo() {
        List<float[]> images = images(40);

        assertClose(ofRows(images), local(inputs(images), dir.resolve("local.npz")));
    }

    @Test
    void asManyPatchesOfRowsAreSampledAsOfOtherInputs() {
        List<float[]> images = images(310);

        Map<Layer, LayerMoments> found = moments(ofRows(images));

        Map<Layer, LayerMoments> expected = moments(local(inputs(images), dir.resolve("local.npz")));
        assertThat(expected)
                .anySatisfy(
                        (layer, moments) -> assertThat(moments.patches()).isLessThan(images.size() * positions(layer)));
        expected.forEach((layer, moments) -> assertThat(found.get(layer).patches())
                .isCloseTo(moments.patches(), within(moments.patches() / 50 + 1)));
    }

    private static long positions(Layer layer) {
        return layer.outputShape().stream().skip(2).reduce(1L, (a, b) -> a * b);
    }

    /** Of three partitions one is empty, and the others are of different sizes. */
    private Path ofRows(List<float[]> images) {
        Path file = dir.resolve("rows.npz");
        int third = images.size() / 3;
        JavaRDD<float[]> rows = spark.parallelize(images.subList(0, third), 1)
                .union(spark.parallelize(new ArrayList<float[]>(), 1))
                .union(spark.parallelize(images.subList(third, images.size()), 1));
        SparkCalibration<OnnxModel> calibration =
                SparkCalibration.of(spark, files, (folder, closed) -> compressor(folder, closed));
        calibration.save(rows, SparkCalibrationTest::inputs, NpzMoments.at(file));
        return file;
    }

    @Test
    void rowsThatChangeBetweenTwoReadingsAreRefused() {
        JavaRDD<float[]> rows = spark.parallelize(List.of(1, 2, 3, 4), 2).map(number -> image(new Random()));

        assertThatThrownBy(() -> SparkCalibration.of(spark, files, SparkCalibrationTest::compressor)
                        .save(rows, SparkCalibrationTest::inputs, NpzMoments.at(dir.resolve("rows.npz"))))
                .isInstanceOf(WsvdException.class)
                .hasMessageContaining("are not those that were read before. Maybe cache them.");
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void jobsOfACalibrationThatIsInterruptedAreGivenUp() throws InterruptedException {
        Path file = dir.resolve("interrupted.npz");
        Thread run = new Thread(() -> SparkCalibration.of(spark, DemoNetwork.shared(spark), (folder, closed) -> {
                    if (TaskContext.get() != null) {
                        BEGUN.countDown();
                        ENDED.await();
                    }
                    return compressor(folder, closed);
                })
                .parts(3)
                .save(NpzMoments.at(file)));
        run.start();
        try {
            BEGUN.await();
            run.interrupt();
            run.join();

            assertThat(DemoNetwork.activeJobs(spark)).isEmpty();
            assertThat(file).doesNotExist();
        } finally {
            ENDED.countDown();
        }
    }

    @Test
    void noRowsTeachNothing() {
        JavaRDD<float[]> none = spark.parallelize(new ArrayList<>(), 2);

        assertThatThrownBy(() -> SparkCalibration.of(spark, files, SparkCalibrationTest::compressor)
                        .save(none, SparkCalibrationTest::inputs, NpzMoments.at(dir.resolve("rows.npz"))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("There are no rows to learn from.");
    }

    @Test
    void rowsOfWhichNoInputsCanBeMadeSaySoAtOnce() {
        TRIES.set(0);
        JavaRDD<Integer> rows = spark.parallelize(List.of(1, 2), 1);

        assertThatThrownBy(() -> SparkCalibration.of(spark, files, SparkCalibrationTest::compressor)
                        .save(
                                rows,
                                some -> {
                                    TRIES.incrementAndGet();
                                    throw new InvalidInputException("There is no column.");
                                },
                                NpzMoments.at(dir.resolve("rows.npz"))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("There is no column.");
        assertThat(TRIES).hasValue(1);
    }

    @Test
    void rowsThatDoNotFitTheModelAreRefused() {
        JavaRDD<Integer> rows = spark.parallelize(List.of(1, 2), 2);

        assertThatThrownBy(() -> SparkCalibration.of(spark, files, SparkCalibrationTest::compressor)
                        .save(
                                rows,
                                some -> ArrayActivations.of(
                                        new OnnxFormat(),
                                        ArrayDataset.of(
                                                Map.of("", Tensor.ofFloats(List.of(1L, 3L), new float[] {1, 2, 3})))),
                                NpzMoments.at(dir.resolve("rows.npz"))))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The data has shape [1, 3], input 'image' takes [?, 1, 28, 28] with the samples first.");
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "64, 1", "65, 2", "2048, 32", "5000, 32", "32769, 33", "1281167, 1252"})
    void largeInputsAreManyParts(long samples, int parts) {
        assertThat(SparkCalibration.parts(samples)).isEqualTo(parts);
    }

    @Test
    void thereIsAtLeastOnePart() {
        SparkCalibration<OnnxModel> calibration = SparkCalibration.of(spark, files, SparkCalibrationTest::compressor);

        assertThatThrownBy(() -> calibration.parts(0))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Calibration inputs are at least 1 part, found 0.");
    }

    private static List<float[]> images(int count) {
        Random random = new Random(1);
        return IntStream.range(0, count).mapToObj(i -> image(random)).toList();
    }

    private static float[] image(Random random) {
        float[] pixels = new float[28 * 28];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = random.nextFloat();
        }
        return pixels;
    }

    private static ArrayActivations<OnnxModel> inputs(List<float[]> rows) {
        float[] all = new float[rows.size() * 28 * 28];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, all, i * 28 * 28, 28 * 28);
        }
        return ArrayActivations.of(
                new OnnxFormat(),
                ArrayDataset.of(Map.of("", Tensor.ofFloats(List.of((long) rows.size(), 1L, 28L, 28L), all))));
    }

    private static Map<Layer, LayerMoments> moments(Path file) {
        try (CompressibleModel<OnnxModel> model = DemoNetwork.open(DemoNetwork.folder())) {
            Kept kept = NpzMoments.at(file).load(model.identity(), Optional.empty(), model.layers());
            return model.layers().stream()
                    .filter(layer -> kept.moments().containsKey(layer.id()))
                    .collect(Collectors.toMap(
                            layer -> layer, layer -> kept.moments().get(layer.id())));
        }
    }

    private static void assertClose(Path file, Path other) {
        Map<Layer, LayerMoments> found = moments(file);
        Map<Layer, LayerMoments> expected = moments(other);
        assertThat(found.keySet()).isNotEmpty().isEqualTo(expected.keySet());
        found.forEach((layer, moments) -> {
            LayerMoments these = expected.get(layer);
            assertThat(moments.patches()).isEqualTo(these.patches());
            for (int g = 0; g < layer.groups(); g++) {
                assertClose(moments.groups().get(g), these.groups().get(g));
            }
        });
    }

    /** A covariance is the difference of mean squares, by whose size its rounding goes. */
    private static void assertClose(PatchMoments found, PatchMoments expected) {
        double meanSquare = 0;
        for (double x : expected.mean()) {
            meanSquare = Math.max(meanSquare, x * x);
        }
        for (int i = 0; i < expected.covariance().rows(); i++) {
            meanSquare = Math.max(meanSquare, expected.covariance().get(i, i));
        }
        assertThat(largestDifference(found.mean(), expected.mean())).isLessThan(1e-12 * Math.sqrt(meanSquare));
        assertThat(largestDifference(
                        found.covariance().data(), expected.covariance().data()))
                .isLessThan(1e-12 * meanSquare);
    }

    private static double largestDifference(double[] found, double[] expected) {
        assertThat(found).hasSameSizeAs(expected);
        return IntStream.range(0, found.length)
                .mapToDouble(i -> Math.abs(found[i] - expected[i]))
                .max()
                .orElseThrow();
    }
}
