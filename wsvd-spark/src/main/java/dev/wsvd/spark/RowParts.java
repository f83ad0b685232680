package dev.wsvd.spark;

import dev.wsvd.calibration.SampleRange;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.Activations;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;

/** The partitions of an RDD whose rows are inputs. */
final class RowParts implements Serializable {
    private static final long serialVersionUID = 1L;

    /** What is known of a partition. */
    private record Described(long samples, String digest) implements Serializable {}

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
        List<Described> found =
                rows
                        .mapPartitions(some -> List.of(Answer.of(() -> described(some, inputs)))
                                .iterator())
                        .collect()
                        .stream()
                        .map(Answer::<Described>read)
                        .toList();
        RowParts parts = new RowParts(
                found.stream().mapToLong(Described::samples).toArray(),
                found.stream().map(Described::digest).toArray(String[]::new));
        if (parts.all() == 0) {
            throw new InvalidInputException("There are no rows to learn from.");
        }
        return parts;
    }

    private static <T, M> Described described(Iterator<T> rows, RowInputs<T, M> inputs) throws Exception {
        if (!rows.hasNext()) {
            return new Described(0, "");
        }
        Activations<M> of = inputs.of(listed(rows));
        return new Described(of.samples(), digest(of));
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
        return new CalibrationIdentity(all(), Digests.of(List.of(digests)));
    }
}
