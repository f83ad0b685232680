package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.NpzMoments;
import dev.wsvd.pipeline.ModelCompressor;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows as Spark's own SQL makes them. */
class ColumnInputsTest {
    private static JavaSparkContext context;
    private static SparkSession spark;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        context = DemoNetwork.spark();
        spark = SparkSession.builder().sparkContext(context.sc()).getOrCreate();
    }

    @AfterAll
    static void stop() {
        context.close();
    }

    @Test
    void arraysOfNumbersAreAsTensorsWouldBe() {
        assertThat(identity("SELECT array(float(1), float(2.5)) AS x UNION ALL SELECT array(float(3), float(-4))", 2))
                .isEqualTo(identity(Tensor.ofFloats(List.of(2L, 2L), new float[] {1, 2.5f, 3, -4})));
        assertThat(identity("SELECT array(1L, 2L, 3L) AS x", 3))
                .isEqualTo(identity(Tensor.ofLongs(List.of(1L, 3L), new long[] {1, 2, 3})));
    }

    @Test
    void nestedArraysAreInRowMajorOrder() {
        assertThat(identity("SELECT array(array(float(1), float(2)), array(float(3), float(4))) AS x", 1, 2, 2))
                .isEqualTo(identity(Tensor.ofFloats(List.of(1L, 1L, 2L, 2L), new float[] {1, 2, 3, 4})));
    }

    @Test
    void aNumberIsAScalarOfItsRow() {
        assertThat(identity("SELECT 7L AS x UNION ALL SELECT 8L"))
                .isEqualTo(identity(Tensor.ofLongs(List.of(2L), new long[] {7, 8})));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "array(1.5D, 2D); FLOAT64; 000000000000f83f0000000000000040",
                "array(1Y, -2Y); INT8; 01fe",
                "array(1S, -2S); INT16; 0100feff",
                "array(1, -2); INT32; 01000000feffffff",
                "array(true, false); BOOL; 0100",
                "X'01fe'; UINT8; 01fe"
            })
    void typesAreThoseOfTheColumn(String value, String type, String bytes) {
        assertThat(identity("SELECT " + value + " AS x", 2))
                .isEqualTo(identity(
                        new Tensor(ElementType.valueOf(type), List.of(1L, 2L), ByteBuffer.wrap(bytes(bytes)))));
    }

    private static byte[] bytes(String hexadecimal) {
        return HexFormat.of().parseHex(hexadecimal);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "string(1) | Column 'x' is of type string; inputs are numbers, or arrays of numbers.",
                "array(1, 2, 3) | Column 'x' has a row with 3 numbers, and the dims [2] have 2.",
                "array(1) | Column 'x' has a row with 1 numbers, and the dims [2] have 2.",
                "X'010203' | Column 'x' has a row with 3 numbers, and the dims [2] have 2.",
                "array(1, NULL, 2) | Column 'x' has a row with a number missing.",
                "int(NULL) | Column 'x' has a row with a number missing."
            })
    void whatIsNoInputIsRefused(String value, String message) {
        assertThatThrownBy(() -> identity("SELECT " + value + " AS x", 2))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage(message);
    }

    @Test
    void aColumnThatIsNotThere() {
        List<Row> rows = spark.sql("SELECT 1 AS a, 2 AS b").collectAsList();

        assertThatThrownBy(
                        () -> ColumnInputs.of(OnnxFormat::new).input("x", "c").of(rows))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("There is no column 'c', only a, b.");
    }

    @Test
    void momentsAreLearntOfADataset() {
        Dataset<Row> images =
                spark.sql("SELECT transform(sequence(1, 28 * 28), i -> float(pmod(i * id, 251) / 251)) AS pixels"
                        + " FROM range(0, 40, 1, 2)");
        SparkCalibration<OnnxModel> calibration =
                SparkCalibration.of(context, DemoNetwork.shared(context), (folder, closed) -> {
                    CompressibleModel<OnnxModel> model = DemoNetwork.open(folder);
                    closed.accept(model);
                    return ModelCompressor.of(model);
                });

        calibration.save(
                images.javaRDD(),
                ColumnInputs.of(OnnxFormat::new).input("", "pixels", 1, 28, 28),
                NpzMoments.at(dir.resolve("columns.npz")));
        calibration.save(
                images.javaRDD().map(row -> row.<Float>getList(0)),
                ColumnInputsTest::inputs,
                NpzMoments.at(dir.resolve("rows.npz")));

        assertThat(dir.resolve("columns.npz")).isNotEmptyFile().hasSameBinaryContentAs(dir.resolve("rows.npz"));
    }

    private static Activations<OnnxModel> inputs(List<List<Float>> rows) {
        float[] all = new float[rows.size() * 28 * 28];
        for (int i = 0; i < all.length; i++) {
            all[i] = rows.get(i / (28 * 28)).get(i % (28 * 28));
        }
        return ArrayActivations.of(
                new OnnxFormat(),
                ArrayDataset.of(Map.of("", Tensor.ofFloats(List.of((long) rows.size(), 1L, 28L, 28L), all))));
    }

    private static Object identity(String sql, long... dims) {
        Dataset<Row> rows = spark.sql(sql);
        Activations<OnnxModel> inputs =
                ColumnInputs.of(OnnxFormat::new).input("input", "x", dims).of(rows.collectAsList());
        return inputs.identity().orElseThrow();
    }

    private static Object identity(Tensor tensor) {
        return ArrayActivations.of(new OnnxFormat(), ArrayDataset.of(Map.of("input", tensor)))
                .identity()
                .orElseThrow();
    }
}
