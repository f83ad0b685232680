package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes one vector per sample from an output, batch by batch. */
final class Pooler {
    /** The input of 1 for each token and 0 for what fills a sample up, as Hugging Face calls it. */
    static final String MASK = "attention_mask";

    private final String output;
    private final Optional<Pooling> asked;
    private final Optional<SampleArray> mask;

    /** @param inputs what the model runs on, where the mask is if there is one */
    Pooler(String output, Optional<Pooling> asked, Map<String, SampleArray> inputs) {
        this.output = output;
        this.asked = asked;
        this.mask = Optional.ofNullable(inputs.get(MASK));
    }

    /**
     * The vectors of some samples, one after the other.
     *
     * @param values [n, width], or [n, tokens, width]
     * @param from the first sample
     * @throws InvalidInputException if the output has another form
     */
    float[] pooled(Tensor values, long from) {
        List<Long> shape = values.shape();
        int samples = Math.toIntExact(shape.get(0));
        if (shape.size() == 2 && asked.isEmpty()) {
            return rows(values, samples, 1, Math.toIntExact(shape.get(1)), (sample, token) -> 1);
        }
        if (shape.size() != 3) {
            throw new InvalidInputException("Output '" + output + "' has shape " + shape + "; an embedding"
                    + (asked.isPresent() ? " that is pooled" : "") + " is " + allowed(asked) + "."
                    + (shape.size() == 2 ? " Maybe leave out the pooling." : " Maybe name another output."));
        }
        int tokens = Math.toIntExact(shape.get(1));
        int width = Math.toIntExact(shape.get(2));
        return asked.orElse(Pooling.MEAN) == Pooling.CLS
                ? rows(values, samples, tokens, width, (sample, token) -> token == 0 ? 1 : 0)
                : rows(values, samples, tokens, width, mask(from, samples, tokens));
    }

    /** The forms of output that can be compared. */
    static String allowed(Optional<Pooling> asked) {
        return (asked.isPresent() ? "" : "[samples, width] or ") + "[samples, tokens, width]";
    }

    /** How much a token counts. */
    private interface Counting {
        double of(int sample, int token);
    }

    private Counting mask(long from, int samples, int tokens) {
        if (mask.isEmpty()) {
            return (sample, token) -> 1;
        }
        Tensor some = mask.get().samples(from, from + samples);
        if (!some.shape().equals(List.of((long) samples, (long) tokens))) {
            throw new InvalidInputException("Output '" + output + "' has " + tokens + " tokens per sample, the array '"
                    + MASK + "' has shape " + some.shape() + "; the mean needs a mask for each token. Maybe use the"
                    + " first token (cls).");
        }
        return (sample, token) -> some.getDouble(sample * tokens + token);
    }

    /** Weighted means over the tokens; zeros where none counts. */
    private static float[] rows(Tensor values, int samples, int tokens, int width, Counting counting) {
        float[] rows = new float[Math.multiplyExact(samples, width)];
        double[] sum = new double[width];
        for (int i = 0; i < samples; i++) {
            Arrays.fill(sum, 0);
            double total = 0;
            for (int t = 0; t < tokens; t++) {
                double weight = counting.of(i, t);
                total += weight;
                for (int e = 0; e < width && weight != 0; e++) {
                    sum[e] += weight * values.getDouble((i * tokens + t) * width + e);
                }
            }
            for (int e = 0; e < width && total != 0; e++) {
                rows[i * width + e] = (float) (sum[e] / total);
            }
        }
        return rows;
    }
}
