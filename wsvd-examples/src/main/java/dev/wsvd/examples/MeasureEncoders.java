package dev.wsvd.examples;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.TextFile;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Compares sentence encoders, a row each. {@code cost MODEL…}: parameters, MACs of 32 tokens, size of the file, median latency of one
 * text by threads and tokens. {@code quality TOKENIZER TEXTS.csv MODEL…}: mean cosine to the first model's vectors, recall@10, and
 * how often the five nearest other texts vote for a text's kind.
 */
public final class MeasureEncoders {
    private static final int RUNS = 60;
    private static final int[] THREADS = {1, 2};
    private static final int[] TOKENS = {32, 128};

    private MeasureEncoders() {}

    public static void main(String[] args) throws IOException, OrtException {
        List<String> words = List.of(args);
        if (words.get(0).equals("cost")) {
            cost(paths(words.subList(1, words.size())));
        } else {
            quality(
                    Path.of(words.get(1)),
                    LabelledTexts.read(Path.of(words.get(2))),
                    paths(words.subList(3, words.size())));
        }
    }

    private static List<Path> paths(List<String> words) {
        return words.stream().map(Path::of).toList();
    }

    private static void cost(List<Path> models) throws IOException, OrtException {
        System.out.println("model | parameters | MACs | MB | ms 1 x 32 | 1 x 128 | 2 x 32 | 2 x 128");
        Map<Path, List<Double>> latencies = latencies(models);
        for (Path model : models) {
            List<String> ms = latencies.get(model).stream()
                    .map(median -> String.format("%.1f", median))
                    .toList();
            System.out.printf("%s | %s | %s%n", model.getFileName(), size(model), String.join(" | ", ms));
        }
    }

    private static void quality(Path tokenizer, LabelledTexts texts, List<Path> models) {
        System.out.println("model | cosine | recall@10 | 5-NN");
        float[][] original = null;
        for (Path model : models) {
            float[][] vectors = vectors(model, tokenizer, texts.texts());
            original = original == null ? vectors : original;
            System.out.printf(
                    "%s | %.4f | %.4f | %.4f%n",
                    model.getFileName(),
                    cosine(original, vectors),
                    recall(original, vectors),
                    accuracy(vectors, texts.labels()));
        }
    }

    private record LabelledTexts(List<String> texts, List<String> labels) {
        /** Lines of a kind, a comma and a text in quotes. */
        static LabelledTexts read(Path csv) throws IOException {
            List<String> labels = Files.readAllLines(csv).stream()
                    .skip(1)
                    .map(line -> line.substring(0, line.indexOf(',')))
                    .toList();
            return new LabelledTexts(TextFile.read(csv).texts(), labels);
        }
    }

    private static String size(Path file) throws IOException {
        try (var model = OpenedModel.of(
                        file,
                        OpenOptions.DEFAULT.withSamples(Map.of(
                                "input_ids",
                                List.of(32L),
                                "attention_mask",
                                List.of(32L),
                                "token_type_ids",
                                List.of(32L))))
                .model()) {
            long macs = new Costs(Services.costModels(), Services.schemes())
                    .of(model.layers())
                    .of(Metric.MAC);
            return String.format(
                    "%.2f M | %.0f M | %.1f",
                    model.parameters().orElseThrow() / 1e6, macs / 1e6, Files.size(file) / 1e6);
        }
    }

    private static float[][] vectors(Path model, Path tokenizer, List<String> texts) {
        var encoder = new OnnxEmbeddingModel(model, tokenizer, PoolingMode.MEAN);
        return encoder.embedAll(texts.stream().map(TextSegment::from).toList()).content().stream()
                .map(embedding -> embedding.vector())
                .toArray(float[][]::new);
    }

    /** By threads, then by tokens; models take turns. */
    private static Map<Path, List<Double>> latencies(List<Path> models) throws OrtException {
        Map<Path, List<Double>> medians = new LinkedHashMap<>();
        for (int threads : THREADS) {
            Map<Path, OrtSession> sessions = new LinkedHashMap<>();
            for (Path model : models) {
                OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                options.setIntraOpNumThreads(threads);
                // Threads of the other models would spin while they wait, and take the processor from this one's.
                options.addConfigEntry("session.intra_op.allow_spinning", "0");
                sessions.put(model, OrtEnvironment.getEnvironment().createSession(model.toString(), options));
            }
            for (int tokens : TOKENS) {
                Map<Path, double[]> times = new HashMap<>();
                for (int run = -5; run < RUNS; run++) {
                    for (Path model : models) {
                        double ms = ms(sessions.get(model), tokens);
                        if (run >= 0) {
                            times.computeIfAbsent(model, of -> new double[RUNS])[run] = ms;
                        }
                    }
                }
                times.forEach((model, all) -> {
                    Arrays.sort(all);
                    medians.computeIfAbsent(model, of -> new ArrayList<>())
                            .add((all[RUNS / 2 - 1] + all[RUNS / 2]) / 2);
                });
            }
            for (OrtSession session : sessions.values()) {
                session.close();
            }
        }
        return medians;
    }

    private static double ms(OrtSession session, int tokens) throws OrtException {
        Map<String, OnnxTensor> inputs = new HashMap<>();
        for (String name : session.getInputNames()) {
            long[][] values = new long[1][tokens];
            for (int t = 0; t < tokens; t++) {
                values[0][t] = name.equals("input_ids") ? 1000 + 37L * t : name.equals("attention_mask") ? 1 : 0;
            }
            inputs.put(name, OnnxTensor.createTensor(OrtEnvironment.getEnvironment(), values));
        }
        long start = System.nanoTime();
        session.run(inputs).close();
        double ms = (System.nanoTime() - start) / 1e6;
        inputs.values().forEach(OnnxTensor::close);
        return ms;
    }

    private static double cosine(float[][] originals, float[][] others) {
        return IntStream.range(0, originals.length)
                .mapToDouble(i -> dot(originals[i], others[i]))
                .average()
                .orElseThrow();
    }

    /** Of the ten nearest to an original vector, how many are nearest to the other's too, among the original's. */
    private static double recall(float[][] originals, float[][] others) {
        return IntStream.range(0, originals.length)
                .mapToDouble(i -> {
                    Set<Integer> found = new HashSet<>(nearest(others[i], originals, i, 10));
                    found.retainAll(nearest(originals[i], originals, i, 10));
                    return found.size() / 10.0;
                })
                .average()
                .orElseThrow();
    }

    private static double accuracy(float[][] vectors, List<String> labels) {
        return IntStream.range(0, vectors.length)
                .mapToDouble(i -> nearest(vectors[i], vectors, i, 5).stream()
                                        .filter(near -> labels.get(near).equals(labels.get(i)))
                                        .count()
                                > 2
                        ? 1
                        : 0)
                .average()
                .orElseThrow();
    }

    private static List<Integer> nearest(float[] to, float[][] among, int but, int count) {
        double[] nearness =
                Arrays.stream(among).mapToDouble(vector -> dot(to, vector)).toArray();
        return IntStream.range(0, among.length)
                .boxed()
                .filter(i -> i != but)
                .sorted((a, b) -> Double.compare(nearness[b], nearness[a]))
                .limit(count)
                .toList();
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
