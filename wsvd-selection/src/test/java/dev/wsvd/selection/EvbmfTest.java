package dev.wsvd.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.linalg.TruncatedSvd;
import java.io.IOException;
import java.io.InputStream;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Beside a public implementation (see {@code evbmf/README.md} among the test resources), and on matrices of known rank. */
class EvbmfTest {
    @Test
    void ranksAndVariancesAreThoseOfThePublicImplementation() throws IOException {
        try (InputStream in = EvbmfTest.class.getResourceAsStream("/evbmf/reference.json")) {
            JsonNode matrices = new ObjectMapper().readTree(in);
            assertThat(matrices).hasSize(12);
            for (JsonNode matrix : matrices) {
                Evbmf evbmf = new Evbmf(spectrum(matrix));

                assertThat(evbmf.rank())
                        .as(matrix.get("name").asText())
                        .isEqualTo(matrix.get("rank").asInt());
                assertThat(evbmf.variance())
                        .as(matrix.get("name").asText())
                        .isCloseTo(matrix.get("variance").asDouble(), within(1e-5));
            }
        }
    }

    private static Spectrum spectrum(JsonNode matrix) {
        double[] values = StreamSupport.stream(matrix.get("values").spliterator(), false)
                .mapToDouble(JsonNode::asDouble)
                .toArray();
        return new Spectrum(values, matrix.get("columns").asInt());
    }

    @ParameterizedTest
    @CsvSource({"20,100,0", "20,100,1", "40,40,4", "64,500,16", "100,120,10"})
    void aPlantedRankIsFoundInNoiseOfAnyScale(int rows, int columns, int rank) {
        for (double scale : new double[] {1e-6, 1, 1e6}) {
            assertThat(new Evbmf(planted(rows, columns, rank, scale)).rank())
                    .as("scale %s", scale)
                    .isEqualTo(rank);
        }
    }

    /** Normal numbers of variance 1 and a product of two such matrices. */
    private static Spectrum planted(int rows, int columns, int rank, double scale) {
        Random random = new Random(rows + columns + rank);
        double[] left = random.doubles((long) rows * rank, -2, 2).toArray();
        double[] right = random.doubles((long) rank * columns, -2, 2).toArray();
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            double value = random.nextGaussian();
            for (int k = 0; k < rank; k++) {
                value += left[i / columns * rank + k] * right[k * columns + i % columns];
            }
            values[i] = (float) (scale * value);
        }
        TruncatedSvd svd = new EjmlProvider().create().svd(new FloatMatrix(rows, columns, values), rows);
        return new Spectrum(svd.values(), columns);
    }

    @Test
    void withoutNoiseEveryDirectionCounts() {
        assertThat(new Evbmf(new Spectrum(new double[] {5, 3, 1, 0, 0, 0, 0, 0}, 8)).rank())
                .isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7})
    void nothingIsFoundInZerosAndInEqualDirections(int rows) {
        assertThat(new Evbmf(new Spectrum(new double[rows], 9)).rank()).isZero();
        assertThat(new Evbmf(new Spectrum(
                                DoubleStream.generate(() -> 3).limit(rows).toArray(), 9))
                        .rank())
                .isZero();
    }
}
