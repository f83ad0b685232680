package dev.wsvd.spark;

import dev.wsvd.calibration.MomentsPart;
import dev.wsvd.calibration.MomentsParts;
import dev.wsvd.calibration.SampleRange;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.pipeline.MomentsWorker;
import java.io.Serializable;
import java.util.Iterator;
import java.util.Optional;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;
import scala.Tuple2;

/** What a task needs to learn from its part of the inputs. */
final class MomentsTask<M> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final CompressorFactory<M> factory;
    private final SharedFiles files;
    private final int threads;

    /** @param threads that the model runs with; 0 for as many as the executor's machine has cores */
    MomentsTask(CompressorFactory<M> factory, SharedFiles files, int threads) {
        this.factory = factory;
        this.files = files;
        this.threads = threads;
    }

    /** How many threads the model runs with where this is called. */
    int threads() {
        return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }

    /** Sums over a range of the calibration inputs, which are made as they are asked for. */
    Iterator<Tuple2<PartKey, MomentsPart>> of(int number, SampleRange range) {
        MomentsWorker<M> worker = worker();
        synchronized (worker) {
            return parts(worker, number, worker.parts(range));
        }
    }

    /** The same of other inputs. */
    Iterator<Tuple2<PartKey, MomentsPart>> of(int number, Activations<M> inputs, SampleRange range) {
        MomentsWorker<M> worker = worker();
        synchronized (worker) {
            return parts(worker, number, worker.parts(inputs, range));
        }
    }

    private MomentsWorker<M> worker() {
        return ExecutorSession.of(factory, files, Optional.empty()).momentsWorker(threads());
    }

    /** By one task of this executor at a time: memory is for one session, which has all threads. */
    private static Iterator<Tuple2<PartKey, MomentsPart>> parts(
            MomentsWorker<?> worker, int number, MomentsParts<?> parts) {
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) context -> parts.close());
        return new Iterator<>() {
            private int group;

            @Override
            public boolean hasNext() {
                return parts.hasNext();
            }

            @Override
            public Tuple2<PartKey, MomentsPart> next() {
                synchronized (worker) {
                    return new Tuple2<>(new PartKey(group++, number), parts.next());
                }
            }
        };
    }
}
