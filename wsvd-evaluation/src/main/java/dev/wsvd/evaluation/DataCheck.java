package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What is suspicious about data for a model, a sentence each: arrays that are scaled or laid out otherwise than the model was
 * trained with run without an error and only make all figures meaningless. Looks at the first samples; says nothing of inputs of
 * whole numbers, such as ids.
 */
public final class DataCheck {
    private static final int SAMPLES = 100;
    private static final int FEW = 30;
    private static final int MOST_COLORS = 4;

    /** How much more of the samples must be right for another scale to be the one. */
    private static final double CLEARLY_BETTER = 0.1;

    private static final double FAR_APART = 20;

    private final Predictor model;
    private final ArrayDataset data;
    private final List<String> notices = new ArrayList<>();

    private DataCheck(Predictor model, ArrayDataset data) {
        this.model = model;
        this.data = data.limit(SAMPLES);
    }

    /**
     * What is suspicious about data.
     *
     * @param model the original, ready to run; it stays open
     * @param output the output that is scored; empty for the one that fits the labels
     * @throws InvalidInputException if the data does not fit the model at all
     */
    public static List<String> notices(Predictor model, ArrayDataset data, Optional<String> output) {
        DataCheck check = new DataCheck(model, data);
        Map<String, SampleArray> bound = Feed.of(check.data, model, SAMPLES).arrays();
        check.lookAtArrays(bound);
        if (check.data.samples() >= FEW) {
            check.lookAtOutput(bound, output);
        }
        return check.notices;
    }

    /** Whether calibration inputs and data are of very different size, input by input. */
    public static List<String> notices(Predictor model, ArrayDataset calibration, ArrayDataset data) {
        List<String> notices = new ArrayList<>();
        Map<String, SampleArray> learnt = Feed.of(calibration, model, SAMPLES).arrays();
        Map<String, SampleArray> scored = Feed.of(data, model, SAMPLES).arrays();
        for (TensorInfo input : model.inputs()) {
            if (!input.type().floating()) {
                continue;
            }
            double one = range(learnt.get(input.name())).magnitude();
            double other = range(scored.get(input.name())).magnitude();
            if (one > FAR_APART * other || other > FAR_APART * one) {
                notices.add(String.format(
                        Locale.ROOT,
                        "The values for input '%s' reach %.4g in %s and %.4g in %s. Maybe one of them is not scaled as in"
                                + " training.",
                        input.name(),
                        one,
                        lowerFirst(calibration.source()),
                        other,
                        lowerFirst(data.source())));
            }
        }
        return notices;
    }

    private void lookAtArrays(Map<String, SampleArray> bound) {
        for (TensorInfo input : model.inputs()) {
            SampleArray array = bound.get(input.name());
            if (!input.type().floating()) {
                continue;
            }
            if (!range(array).finite()) {
                notices.add(data.source() + " holds NaN or infinite values for input '" + input.name()
                        + "'. Maybe something went wrong when it was made.");
            }
            if (array.type() == ElementType.FLOAT64 && input.type() != ElementType.FLOAT64) {
                notices.add(data.source() + " holds float64 for input '" + input.name() + "', which takes "
                        + input.type() + "; it is rounded. Maybe save it with .astype(numpy.float32).");
            }
            if (hasChannelsLast(input, array.shape())) {
                notices.add(data.source() + " has shape " + array.shape() + " for input '" + input.name()
                        + "', whose channels are dim 1. Maybe the channels stand last: transpose it to [samples, channels,"
                        + " height, width].");
            }
        }
    }

    /** Where the model leaves all dims of an image open, only the array can tell. */
    private static boolean hasChannelsLast(TensorInfo input, List<Long> shape) {
        return input.ranked()
                && shape.size() == 4
                && input.shape().get(1) < 0
                && input.shape().get(3) < 0
                && shape.get(3) <= MOST_COLORS
                && shape.get(1) > MOST_COLORS
                && shape.get(2) > MOST_COLORS;
    }

    private void lookAtOutput(Map<String, SampleArray> bound, Optional<String> output) {
        Map<String, SampleArray> scaled = scaled(bound);
        if (data.labelled()) {
            lookAtClasses(bound, scaled, output.orElseGet(() -> ClassOutput.of(model, data, 1)));
        } else if (!scaled.equals(bound)) {
            output.or(this::firstFloating).ifPresent(name -> lookAtGuesses(bound, scaled, name));
        }
    }

    private Optional<String> firstFloating() {
        return model.outputs().stream()
                .filter(candidate -> candidate.type().floating())
                .map(TensorInfo::name)
                .findFirst();
    }

    /** Without labels only a model that gives all samples one class tells that their scale is wrong. */
    private void lookAtGuesses(Map<String, SampleArray> bound, Map<String, SampleArray> scaled, String output) {
        Guesses given = guesses(bound, output);
        if (given.onlyClass() >= 0 && guesses(scaled, output).onlyClass() < 0) {
            notices.add(data.source() + " holds whole numbers up to 255 for a floating-point input: all of the first "
                    + given.samples() + " samples get class " + given.onlyClass()
                    + ", and several classes if they are divided by 255. Maybe divide them, as in training.");
        }
    }

    private void lookAtClasses(Map<String, SampleArray> bound, Map<String, SampleArray> scaled, String output) {
        Guesses given = guesses(bound, output);
        if (!scaled.equals(bound)) {
            Guesses better = guesses(scaled, output);
            if (better.right() - given.right() > CLEARLY_BETTER * given.samples()) {
                notices.add(String.format(
                        Locale.ROOT,
                        "%s holds whole numbers up to 255 for a floating-point input: %.4f of the first %d samples are right,"
                                + " %.4f if they are divided by 255. Maybe divide them, as in training.",
                        data.source(),
                        given.share(),
                        given.samples(),
                        better.share()));
                return;
            }
        }
        if (given.onlyClass() >= 0 && distinctLabels() > 1) {
            notices.add("All of the first " + given.samples() + " samples get class " + given.onlyClass()
                    + ". Maybe the inputs are scaled or laid out otherwise than in training.");
        } else if (given.isChance()) {
            notices.add(String.format(
                    Locale.ROOT,
                    "%.4f of the first %d samples are right, no more than by guessing one of %d classes. Maybe the inputs are"
                            + " scaled or laid out otherwise than in training, or the labels number the classes otherwise.",
                    given.share(),
                    given.samples(),
                    given.classes()));
        }
    }

    private long distinctLabels() {
        long first = data.label(0);
        for (long i = 1; i < data.samples(); i++) {
            if (data.label(i) != first) {
                return 2;
            }
        }
        return 1;
    }

    /** The arrays that look like bytes and go into floating-point inputs divided by 255; the same map if there is none. */
    private Map<String, SampleArray> scaled(Map<String, SampleArray> bound) {
        Map<String, SampleArray> scaled = new LinkedHashMap<>(bound);
        for (TensorInfo input : model.inputs()) {
            SampleArray array = bound.get(input.name());
            if (input.type().floating() && range(array).isBytes()) {
                scaled.put(input.name(), SampleArray.of(ValueRange.scaled(first(array))));
            }
        }
        return scaled;
    }

    private Guesses guesses(Map<String, SampleArray> arrays, String output) {
        int right = 0;
        int only = -1;
        boolean same = true;
        long classes = 0;
        int samples = Math.toIntExact(data.samples());
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        arrays.forEach((name, array) -> inputs.put(name, first(array)));
        ArrayDataset part = ArrayDataset.of(inputs);
        Feed feed = Feed.of(part, model, SAMPLES);
        for (long from = 0; from < samples; from += feed.batchSize()) {
            long to = Math.min(samples, from + feed.batchSize());
            Tensor values = feed.run(from, to, List.of(output)).get(output);
            classes = ClassOutput.classesOf(values.shape());
            for (int i = 0; i < to - from && classes > 0; i++) {
                int guess = highest(values, Math.toIntExact(i * classes), (int) classes);
                right += data.labelled() && guess == data.label(from + i) ? 1 : 0;
                same &= only < 0 || guess == only;
                only = guess;
            }
        }
        return new Guesses(samples, right, same ? only : -1, classes);
    }

    private static int highest(Tensor values, int from, int classes) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            if (values.getDouble(from + c) > values.getDouble(from + best)) {
                best = c;
            }
        }
        return best;
    }

    private static Tensor first(SampleArray array) {
        return array.samples(0, Math.min(SAMPLES, array.shape().get(0)));
    }

    private static ValueRange range(SampleArray array) {
        return ValueRange.of(first(array));
    }

    private static String lowerFirst(String sentence) {
        return Character.toLowerCase(sentence.charAt(0)) + sentence.substring(1);
    }

    /**
     * The classes of highest value.
     *
     * @param right how many are the labels
     * @param onlyClass the class that all samples get, −1 if they get several
     */
    private record Guesses(int samples, int right, int onlyClass, long classes) {
        double share() {
            return (double) right / samples;
        }

        /** Whether guessing would do as well, as far as so many samples tell. */
        boolean isChance() {
            return classes > 1 && ConfidenceInterval.wilson(share(), samples).low() <= 1.0 / classes;
        }
    }
}
