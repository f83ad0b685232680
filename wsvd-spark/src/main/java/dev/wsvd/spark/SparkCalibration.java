package dev.wsvd.spark;

import dev.wsvd.calibration.MomentsPart;
import dev.wsvd.calibration.SampleRange;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.pipeline.MomentsWorker;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.apache.spark.Partitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.Tuple2;

/**
 * Learns the moments of a model's layers on the executors of Apache Spark. A task is a part of the inputs. Its sums are added to those of the
 * others in an order that goes by the parts' numbers alone: whatever executor does what, and whether Spark tries it again, the result is the
 * same to the bit for the same number of parts, and that of a local run but for the rounding of sums in float64.
 *
 * <p>An executor opens the model once and runs one task's part at a time, with as many threads as {@code spark.executor.cores} says, or as
 * the executor has cores by default.
 *
 * @param <M> what the format's users call a model
 */
public final class SparkCalibration<M> {
    /** Sums are large, so a part should have some samples, and many if there are many parts. */
    private static final int SAMPLES = 64;

    private static final int SAMPLES_OF_MANY = 1024;
    private static final int FEW_PARTS = 32;

    private final JavaSparkContext spark;
    private final SharedFiles files;
    private final CompressorFactory<M> factory;
    private final OptionalInt parts;

    private SparkCalibration(
            JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory, OptionalInt parts) {
        this.spark = spark;
        this.files = files;
        this.factory = factory;
        this.parts = parts;
    }

    /**
     * Learns on a cluster.
     *
     * @param files what the factory needs: the model, and the calibration inputs
     * @param factory makes a compressor with the model, the calibration inputs and the backend; what else it says does not matter. The driver
     *     calls it too
     */
    public static <M> SparkCalibration<M> of(JavaSparkContext spark, SharedFiles files, CompressorFactory<M> factory) {
        return new SparkCalibration<>(spark, files, factory, OptionalInt.empty());
    }

    /**
     * The same from so many parts of the calibration inputs; by default from one for each {@value #SAMPLES} samples up to {@value #FEW_PARTS},
     * and one for each {@value #SAMPLES_OF_MANY} where that is more, whatever the cluster. A part is whole batches of up to 100 samples, so there should be some batches for each.
     *
     * @param count at least 1
     */
    public SparkCalibration<M> parts(int count) {
        if (count < 1) {
            throw new InvalidInputException("Calibration inputs are at least 1 part, found " + count + ".");
        }
        return new SparkCalibration<>(spark, files, factory, OptionalInt.of(count));
    }

    /**
     * Learns from the factory's calibration inputs.
     *
     * @param to what a run takes by {@link dev.wsvd.pipeline.ModelCompressor#moments}
     * @throws InvalidInputException if the inputs do not fit the model, or have no digest
     * @throws WsvdException if Spark fails
     */
    public void save(MomentsStore to) {
        onDriver(here -> {
            here.requireFit();
            Activations<M> inputs = here.inputs();
            CalibrationIdentity identity = inputs.identity().orElseThrow(SparkCalibration::withoutDigest);
            long samples = inputs.samples();
            int count = parts.orElseGet(() -> parts(samples));
            MomentsTask<M> task = task();
            List<Integer> numbers = IntStream.range(0, count).boxed().toList();
            JavaPairRDD<PartKey, MomentsPart> learnt = spark.parallelize(numbers, count)
                    .flatMapToPair(number -> task.of(number, SampleRange.part(number, count, samples)));
            save(here, learnt, count, identity, to);
        });
    }

    /**
     * Learns from the rows of an RDD or, by {@link org.apache.spark.sql.Dataset#javaRDD}, of a dataset. Its partitions are the parts. It is
     * read twice, so cache it if it costs much to make; it must be the same each time.
     *
     * @param inputs makes inputs of the rows of a partition, which are in memory together
     * @param to as for {@link #save(MomentsStore)}
     * @throws InvalidInputException if there are no rows, the first does not fit the model, or inputs cannot be made or have no digest
     * @throws WsvdException if Spark fails, also if later rows do not fit
     */
    public <T> void save(JavaRDD<T> rows, RowInputs<T, M> inputs, MomentsStore to) {
        onDriver(here -> {
            RowParts known = Jobs.made("reading rows", () -> RowParts.of(rows, inputs));
            here.requireFit(inputs.of(Jobs.made("reading rows", () -> rows.take(1))));
            MomentsTask<M> task = task();
            JavaPairRDD<PartKey, MomentsPart> learnt = rows.mapPartitionsWithIndex(
                            (number, some) -> known.isEmpty(number)
                                    ? Collections.emptyIterator()
                                    : task.of(number, known.inputs(number, some, inputs), known.range(number)),
                            false)
                    .mapToPair(part -> part);
            save(here, learnt, rows.getNumPartitions(), known.identity(), to);
        });
    }

    static int parts(long samples) {
        long some = Math.min(FEW_PARTS, (samples + SAMPLES - 1) / SAMPLES);
        return Math.toIntExact(Math.max(some, (samples + SAMPLES_OF_MANY - 1) / SAMPLES_OF_MANY));
    }

    private MomentsTask<M> task() {
        return new MomentsTask<>(
                factory, files, spark.getConf().getInt("spark.executor.cores", ofMaster(spark.master())));
    }

    /** An executor's cores where nothing is said: one of YARN and Kubernetes, else all that its machine has, which is 0 here. */
    private static int ofMaster(String master) {
        return master.startsWith("yarn") || master.startsWith("k8s:") ? 1 : 0;
    }

    private interface Use<M> {
        void with(MomentsWorker<M> worker) throws Exception;
    }

    private void onDriver(Use<M> use) {
        Jobs.tagged(spark, tag -> {
            spark.addJobTag(tag);
            Deque<AutoCloseable> opened = new ArrayDeque<>();
            Jobs.made("learning moments", () -> {
                try (MomentsWorker<M> worker =
                        factory.open(files.folder(opened::push), opened::push).momentsWorker(task().threads())) {
                    use.with(worker);
                    return null;
                } finally {
                    spark.removeJobTag(tag);
                    while (!opened.isEmpty()) {
                        opened.pop().close();
                    }
                }
            });
        });
    }

    /** By about √n places, each of which adds up about √n parts, and a place for each group of layers, which adds up what these give. */
    private void save(
            MomentsWorker<M> here,
            JavaPairRDD<PartKey, MomentsPart> learnt,
            int count,
            CalibrationIdentity identity,
            MomentsStore to) {
        int each = (int) Math.ceil(Math.sqrt(count));
        int places = (count + each - 1) / each;
        int groups = Math.max(1, here.groups());
        Jobs.described(spark, "moments of " + identity.samples() + " samples", () -> {
            Iterator<Tuple2<PartKey, MomentsPart>> whole = added(
                            added(learnt, PartKey.bySamples(each, places)), PartKey.byLayers(groups))
                    .toLocalIterator();
            here.save(
                    new Iterator<>() {
                        @Override
                        public boolean hasNext() {
                            return whole.hasNext();
                        }

                        @Override
                        public MomentsPart next() {
                            return whole.next()._2();
                        }
                    },
                    identity,
                    to);
            return null;
        });
    }

    private static JavaPairRDD<PartKey, MomentsPart> added(
            JavaPairRDD<PartKey, MomentsPart> parts, Partitioner places) {
        return parts.repartitionAndSortWithinPartitions(places)
                .mapPartitionsToPair(some -> new AddedParts(some, TaskContext.getPartitionId()));
    }

    static InvalidInputException withoutDigest() {
        return new InvalidInputException(
                "Moments are kept with the digest of their inputs, and these calibration inputs have none. Maybe give"
                        + " inputs with an identity.");
    }
}
