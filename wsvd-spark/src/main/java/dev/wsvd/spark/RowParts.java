package dev.wsvd.spark;

import dev.wsvd.calibration.SampleRange;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.Activations;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/** The partitions of an RDD whose rows are inputs. */
final class RowParts implements Serializable {
    private static final long serialVersionUID = 1L;

    /** By partition; 0 for one without rows. */
    private final long[] samples;
    /** Digests of their inputs. */
    private final String[] digests;

    private RowParts(long[] samples, String[] digests) {
        this.samples = samples;
        this.digests = digests;
    }

    /**
     * Reads all rows once.
     *
     * @throws InvalidInputException if there are none
     */
    static <T, M> RowParts of(JavaRDD<T> rows, RowInputs<T, M> inputs) {
        List<Tuple2<Long, String>> found = rows.mapPartitions(
                        some -> List.of(described(some, inputs)).iterator())
                .collect();
        RowParts parts = new RowParts(
                found.stream().mapToLong(Tuple2::_1).toArray(),
                found.stream().map(Tuple2::_2).toArray(String[]::new));
        if (parts.all() == 0) {
            throw new InvalidInputException("There are no rows to learn from.");
        }
        return parts;
    }

    private static <T, M> Tuple2<Long, String> described(Iterator<T> rows, RowInputs<T, M> inputs) throws Exception {
        if (!rows.hasNext()) {
            return new Tuple2<>(0L, "");
        }
        Activations<M> of = inputs.of(listed(rows));
        return new Tuple2<>(of.samples(), digest(of));
    }

    private static String digest(Activations<?> inputs) {
        return inputs.identity().orElseThrow(SparkCalibration::withoutDigest).sha256();
    }

    private static <T> List<T> listed(Iterator<T> rows) {
        List<T> all = new ArrayList<>();
        rows.forEachRemaining(all::add);
        return all;
    }

    boolean isEmpty(int partition) {
        return samples[partition] == 0;
    }

    /**
     * The inputs of a partition, read again.
     *
     * @throws WsvdException if they are others now
     */
    <T, M> Activations<M> inputs(int partition, Iterator<T> rows, RowInputs<T, M> inputs) throws Exception {
        Activations<M> again = inputs.of(listed(rows));
        if (!digest(again).equals(digests[partition])) {
            throw new WsvdException(
                    "The rows of partition " + partition + " are not those that were read before. Maybe cache them.");
        }
        return again;
    }

    /** What a partition is of all. */
    SampleRange range(int partition) {
        long before = 0;
        for (int i = 0; i < partition; i++) {
            before += samples[i];
        }
        return SampleRange.of(samples[partition], before, all());
    }

    private long all() {
        long all = 0;
        for (long some : samples) {
            all += some;
        }
        return all;
    }

    /** Of all rows in their order and partitions. */
    CalibrationIdentity identity() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String some : digests) {
                digest.update(some.getBytes(StandardCharsets.UTF_8));
            }
            return new CalibrationIdentity(all(), HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }
}
