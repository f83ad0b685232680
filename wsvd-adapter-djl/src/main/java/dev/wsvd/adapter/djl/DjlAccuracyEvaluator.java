package dev.wsvd.adapter.djl;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.BatchSampler;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.dataset.RandomAccessDataset;
import ai.djl.training.dataset.SequenceSampler;
import ai.djl.training.evaluator.Accuracy;
import ai.djl.training.loss.Loss;
import ai.djl.translate.TranslateException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.Evaluator;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;

/**
 * Scores models on a DJL dataset by one of DJL's metrics, accuracy by default. A loss counts as its negative, so that higher is
 * better.
 *
 * <p>An iteration is a sample; the batch in which the number is reached is used whole. The samples of a
 * {@link RandomAccessDataset} are taken in their order, whatever its own sampling, since a score has to be the same every time;
 * any other dataset must give the same batches each time by itself.
 */
public final class DjlAccuracyEvaluator implements Evaluator<Model> {
    private static final String ACCUMULATOR = "wsvd";
    private static final int DEFAULT_BATCH = 100;

    private final Dataset data;
    private final Supplier<? extends ai.djl.training.evaluator.Evaluator> metric;
    private final int batchSize;
    private final Map<Integer, EvaluatorIdentity> identities = new HashMap<>();

    private DjlAccuracyEvaluator(
            Dataset data, Supplier<? extends ai.djl.training.evaluator.Evaluator> metric, int batchSize) {
        this.data = Objects.requireNonNull(data, "data");
        this.metric = Objects.requireNonNull(metric, "metric");
        this.batchSize = batchSize;
    }

    /** Accuracy on a dataset: the share of samples whose largest output is the labelled one. */
    public static DjlAccuracyEvaluator of(Dataset data) {
        return of(data, Accuracy::new);
    }

    /**
     * Any metric on a dataset.
     *
     * @param metric makes a new one for each score, for they remember what they have seen
     */
    public static DjlAccuracyEvaluator of(
            Dataset data, Supplier<? extends ai.djl.training.evaluator.Evaluator> metric) {
        return new DjlAccuracyEvaluator(data, metric, DEFAULT_BATCH);
    }

    /** The same with batches of that many samples instead of 100, where the dataset leaves that open. */
    public DjlAccuracyEvaluator batchSize(int samples) {
        if (samples < 1) {
            throw new InvalidInputException("A batch needs at least 1 sample, found " + samples + ".");
        }
        return new DjlAccuracyEvaluator(data, metric, samples);
    }

    @Override
    public Evaluation evaluate(Model model, int iterations) {
        return evaluate(model, iterations, done -> {});
    }

    /** Says how much is done where the dataset says how many samples it has. */
    @Override
    public Evaluation evaluate(Model model, int iterations, DoubleConsumer done) {
        double all = data instanceof RandomAccessDataset counted
                ? Math.min(iterations, counted.size())
                : Double.POSITIVE_INFINITY;
        ai.djl.training.evaluator.Evaluator fresh = metric.get();
        fresh.addAccumulator(ACCUMULATOR);
        try (NDManager manager = model.getNDManager().newSubManager()) {
            ParameterStore parameters = new ParameterStore(manager, false);
            Device[] device = {manager.getDevice()};
            forEach(manager, iterations, batch -> {
                for (Batch here : batch.split(device, false)) {
                    NDList predictions = model.getBlock().forward(parameters, here.getData(), false);
                    fresh.updateAccumulator(ACCUMULATOR, here.getLabels(), predictions);
                }
                done.accept(batch.getSize() / all);
            });
        }
        float value = fresh.getAccumulator(ACCUMULATOR);
        return Evaluation.of(fresh instanceof Loss ? -value : value);
    }

    /** Names the metric, and the samples by a digest of their data and labels. */
    @Override
    public synchronized Optional<EvaluatorIdentity> identity(int iterations) {
        return Optional.of(identities.computeIfAbsent(iterations, this::identify));
    }

    private EvaluatorIdentity identify(int iterations) {
        try (NDManager manager = NDManager.newBaseManager()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            long samples = forEach(manager, iterations, batch -> {
                for (NDList list : new NDList[] {batch.getData(), batch.getLabels()}) {
                    for (NDArray array : list) {
                        digest.update(array.getShape().getEncoded());
                        digest.update(array.toByteBuffer());
                    }
                }
            });
            return new EvaluatorIdentity(
                    metric.get().getName(), samples, HexFormat.of().formatHex(digest.digest()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private long forEach(NDManager manager, int iterations, java.util.function.Consumer<Batch> use) {
        long samples = 0;
        try {
            for (Batch batch : batches(manager)) {
                try (batch) {
                    if (samples < iterations) {
                        use.accept(batch);
                        samples += batch.getSize();
                    } else {
                        break;
                    }
                }
            }
        } catch (IOException | TranslateException e) {
            throw new ModelFormatException("The samples to score on cannot be read: " + e.getMessage() + ".", e);
        }
        if (samples == 0) {
            throw new InvalidInputException("The dataset to score on has no samples.");
        }
        return samples;
    }

    private Iterable<Batch> batches(NDManager manager) throws IOException, TranslateException {
        return data instanceof RandomAccessDataset ordered
                ? ordered.getData(manager, new BatchSampler(new SequenceSampler(), batchSize))
                : data.getData(manager);
    }
}
