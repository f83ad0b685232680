package dev.wsvd.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Runs an encoder of texts and its compressed form on random tokens, the latter from its path and from an array of bytes, and prints how
 * alike the embeddings of both are.
 */
public final class LoadedFromBytes {
    private static final int TEXTS = 4;
    private static final int TOKENS = 32;

    private LoadedFromBytes() {}

    /** @param args the model, its compressed form in one file, and how many tokens it knows */
    public static void main(String[] args) throws OrtException, IOException {
        Path small = Path.of(args[1]);
        long[][] tokens = tokens(Integer.parseInt(args[2]));
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        float[][] original = embeddings(environment, environment.createSession(args[0]), tokens);
        float[][] byPath = embeddings(environment, environment.createSession(small.toString()), tokens);
        byte[] bytes = Files.readAllBytes(small);
        float[][] byBytes = embeddings(environment, environment.createSession(bytes), tokens);
        System.out.printf(
                Locale.ROOT,
                "%,d bytes in one array; loaded from it as from the path: %s; cosine similarity with the original's embeddings:",
                bytes.length,
                Arrays.deepEquals(byPath, byBytes) ? "the same embeddings" : "other embeddings");
        for (int i = 0; i < TEXTS; i++) {
            System.out.printf(Locale.ROOT, " %.3f", cosine(original[i], byBytes[i]));
        }
        System.out.println();
    }

    private static long[][] tokens(int count) {
        Random random = new Random(1);
        long[][] tokens = new long[TEXTS][TOKENS];
        for (long[] text : tokens) {
            Arrays.setAll(text, i -> random.nextInt(count));
        }
        return tokens;
    }

    /** Closes the session: two of them may take too much memory. */
    private static float[][] embeddings(OrtEnvironment environment, OrtSession session, long[][] tokens)
            throws OrtException {
        long[][] mask = new long[TEXTS][TOKENS];
        for (long[] text : mask) {
            Arrays.fill(text, 1);
        }
        try (session;
                OnnxTensor ids = OnnxTensor.createTensor(environment, tokens);
                OnnxTensor attention = OnnxTensor.createTensor(environment, mask);
                OrtSession.Result result = session.run(Map.of("input_ids", ids, "attention_mask", attention))) {
            return (float[][]) result.get("embedding").orElseThrow().getValue();
        }
    }

    private static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }
}
