package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Samples for a model, with or without labels. Every array has the samples in its first dim. Immutable.
 *
 * <p>Files given as {@code .npy} in C order and little-endian, as NumPy writes them here, may be of any size and are not read
 * into memory; they must not change while the dataset is used.
 */
public final class ArrayDataset {
    /** The name of the only array where none was given. */
    static final String UNNAMED = "";

    private static final long DIGEST_SAMPLES = 256;

    private final Map<String, SampleArray> arrays;
    private final Optional<int[]> labels;
    private final long samples;
    private final String source;
    private final Map<Long, String> digests;

    private ArrayDataset(
            Map<String, SampleArray> arrays,
            Optional<int[]> labels,
            long samples,
            String source,
            Map<Long, String> digests) {
        this.arrays = arrays;
        this.labels = labels;
        this.samples = samples;
        this.source = source;
        this.digests = digests;
    }

    /**
     * Unlabelled samples from a {@code .npy} file (for a model's single input) or a {@code .npz} file (by input name).
     *
     * @throws InvalidInputException if the file is not such arrays of numbers, all with the same number of samples
     */
    public static ArrayDataset load(Path data) {
        return of(arrays(data), Optional.empty(), NpyFiles.named(data), "");
    }

    /**
     * Labelled samples.
     *
     * @param labels a {@code .npy} file, or a {@code .npz} file of one array: integers [N] or [N,1], or one-hot [N,C]; or a {@code
     *     .txt}, {@code .csv} or {@code .tsv} file of class numbers
     * @throws InvalidInputException as {@link #load(Path)}, or if there are not as many labels as samples
     */
    public static ArrayDataset load(Path data, Path labels) {
        return load(data).withLabels(labels);
    }

    /**
     * These samples with the labels of a file.
     *
     * @param labels as for {@link #load(Path, Path)}
     * @throws InvalidInputException if there are not as many labels as samples, or they are no labels
     */
    public ArrayDataset withLabels(Path labels) {
        String where = NpyFiles.named(labels);
        int[] classes = TextFile.isNamedSo(labels) ? TextFile.readLabels(labels) : Labels.of(labelArray(labels), where);
        return of(arrays, Optional.of(classes), source, where).limit(samples);
    }

    /** These samples without their labels. */
    public ArrayDataset withoutLabels() {
        return new ArrayDataset(arrays, Optional.empty(), samples, source, new ConcurrentHashMap<>());
    }

    /** Unlabelled samples by input name; the name may be empty if there is only one. */
    public static ArrayDataset of(Map<String, Tensor> inputs) {
        return of(inMemory(inputs), Optional.empty(), "The data", "");
    }

    /** Labelled samples by input name; labels are integers [N] or [N,1], or one-hot [N,C]. */
    public static ArrayDataset of(Map<String, Tensor> inputs, Tensor labels) {
        return of(inMemory(inputs), Optional.of(Labels.of(labels, "The labels")), "The data", "The labels");
    }

    static ArrayDataset of(Map<String, SampleArray> arrays, Optional<int[]> labels, String source, String labelSource) {
        long samples = samples(arrays, source);
        if (labels.isPresent() && labels.get().length != samples) {
            throw new InvalidInputException(source + " has " + samples + " samples, " + lowerFirst(labelSource)
                    + " has " + labels.get().length + " labels; there must be one label per sample.");
        }
        return new ArrayDataset(
                Collections.unmodifiableMap(arrays), labels, samples, source, new ConcurrentHashMap<>());
    }

    private static Map<String, SampleArray> arrays(Path data) {
        if (NpyFiles.isNpz(data)) {
            return inMemory(NpyFiles.readNpz(data));
        }
        Map<String, SampleArray> single = new LinkedHashMap<>();
        single.put(UNNAMED, NpyFiles.open(data));
        return single;
    }

    private static Tensor labelArray(Path labels) {
        if (!NpyFiles.isNpz(labels)) {
            return NpyFiles.read(labels);
        }
        Map<String, Tensor> arrays = NpyFiles.readNpz(labels);
        if (arrays.size() > 1) {
            throw new InvalidInputException("The file " + labels + " holds the arrays " + Feed.quoted(arrays.keySet())
                    + "; labels are a single array.");
        }
        return arrays.values().iterator().next();
    }

    private static Map<String, SampleArray> inMemory(Map<String, Tensor> inputs) {
        Map<String, SampleArray> arrays = new LinkedHashMap<>();
        inputs.forEach((name, tensor) -> arrays.put(name, SampleArray.of(tensor)));
        return arrays;
    }

    private static long samples(Map<String, SampleArray> arrays, String source) {
        Map<String, Long> counts = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            if (array.shape().isEmpty()) {
                throw new InvalidInputException(source + " holds a single number"
                        + (name.isEmpty() ? "" : " as '" + name + "'") + "; the first dim of an array counts samples.");
            }
            counts.put(name, array.shape().get(0));
        });
        if (counts.values().stream().distinct().count() > 1) {
            throw new InvalidInputException(source + " holds arrays of different numbers of samples: " + counts + ".");
        }
        long samples = counts.isEmpty() ? 0 : counts.values().iterator().next();
        if (samples == 0) {
            throw new InvalidInputException(source + " holds no samples.");
        }
        return samples;
    }

    private static String lowerFirst(String sentence) {
        return Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    /** Number of samples, at least 1. */
    public long samples() {
        return samples;
    }

    /** Whether there are labels. */
    public boolean labelled() {
        return labels.isPresent();
    }

    /** The first n samples, or all if there are fewer. */
    public ArrayDataset limit(long n) {
        if (n < 1) {
            throw new InvalidInputException("The number of samples must be at least 1, found " + n + ".");
        }
        return new ArrayDataset(arrays, labels, Math.min(n, samples), source, digests);
    }

    /** Some samples, in the order given. */
    ArrayDataset ordered(int[] order) {
        Map<String, SampleArray> ordered = new LinkedHashMap<>();
        arrays.forEach((name, array) -> ordered.put(name, SampleArray.ordered(array, order)));
        Optional<int[]> theirs = labels.map(
                all -> Arrays.stream(order).map(sample -> all[sample]).toArray());
        return new ArrayDataset(ordered, theirs, order.length, source, new ConcurrentHashMap<>());
    }

    /**
     * SHA-256, in lower-case hex, of the samples' names, types, shapes and bytes, and of the labels. Made when first asked
     * for, from a little of the data at a time.
     */
    public String sha256() {
        return digests.computeIfAbsent(samples, n -> digest());
    }

    /**
     * The first sample as a model's input; as many samples as the model's batch dim asks for if that is fixed.
     *
     * @throws InvalidInputException if the names or shapes do not fit the model's inputs
     */
    public Map<String, Tensor> sample(Predictor predictor) {
        Feed feed = Feed.of(this, predictor, 1);
        return feed.inputs(0, 1);
    }

    /**
     * The first samples as a model's input; as many as the model's batch dim asks for if that is fixed.
     *
     * @param most at least 1; fewer are given if there are fewer
     * @throws InvalidInputException if the names or shapes do not fit the model's inputs
     */
    public Map<String, Tensor> batch(Predictor predictor, int most) {
        Feed feed = Feed.of(this, predictor, Feed.atLeastOne("The batch size", most));
        return feed.inputs(0, Math.min(samples(), feed.batchSize()));
    }

    /**
     * The dims of one sample by input name, as {@link dev.wsvd.domain.spi.OpenOptions#withSamples} takes them; the name is empty if
     * there is one array without a name.
     */
    public Map<String, List<Long>> sampleShapes() {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        arrays.forEach((name, array) ->
                shapes.put(name, array.shape().subList(1, array.shape().size())));
        return shapes;
    }

    Map<String, SampleArray> arrays() {
        return arrays;
    }

    /** How messages name the data. */
    String source() {
        return source;
    }

    /** A sample's class. */
    int label(long sample) {
        return labels.orElseThrow(() -> new IllegalStateException("no labels"))[(int) sample];
    }

    /** One more than the largest label. */
    int classes() {
        return 1
                + Arrays.stream(labels.orElseThrow(() -> new IllegalStateException("no labels")))
                        .max()
                        .orElseThrow();
    }

    private String digest() {
        MessageDigest digest = newDigest();
        new TreeMap<>(arrays).forEach((name, array) -> {
            String perSample = array.shape().subList(1, array.shape().size()).toString();
            update(digest, name + "\0" + array.type() + "\0" + perSample + "\0" + samples + "\0");
            for (long from = 0; from < samples; from += DIGEST_SAMPLES) {
                digest.update(array.samples(from, Math.min(samples, from + DIGEST_SAMPLES))
                        .data());
            }
        });
        labels.ifPresent(classes -> {
            update(digest, "labels\0");
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(samples * Integer.BYTES));
            bytes.asIntBuffer().put(classes, 0, (int) samples);
            digest.update(bytes);
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }

    static void update(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
    }
}
