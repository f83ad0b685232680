package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.util.List;
import java.util.Map;

/** Which output of a model holds the classes that labels are of. */
final class ClassOutput {
    private ClassOutput() {}

    /**
     * The only floating-point output; of several the one that fits the labels, by what it gives for one sample. An output fits that
     * has a value for each class, [samples, classes]; of several the one with just as many as the labels have.
     *
     * @param k how many of the highest values count
     * @throws InvalidInputException if no output fits, or several
     */
    static String of(Predictor model, ArrayDataset data, int k) {
        List<TensorInfo> floating = model.outputs().stream()
                .filter(output -> output.type().floating())
                .toList();
        if (floating.isEmpty()) {
            throw new InvalidInputException(
                    "Accuracy needs a floating-point output; the model gives " + Feed.described(model.outputs()) + ".");
        }
        if (floating.size() == 1) {
            return floating.get(0).name();
        }
        int classes = data.classes();
        Map<String, Tensor> sample = model.run(data.sample(model));
        List<TensorInfo> fitting = floating.stream()
                .filter(output -> classesOf(sample.get(output.name()).shape()) >= Math.max(classes, Math.max(2, k)))
                .toList();
        List<TensorInfo> exact = fitting.stream()
                .filter(output -> classesOf(sample.get(output.name()).shape()) == classes)
                .toList();
        List<TensorInfo> best = exact.size() == 1 ? exact : fitting;
        if (best.size() == 1) {
            return best.get(0).name();
        }
        String labels = "the labels 0 … " + (classes - 1);
        throw new InvalidInputException(
                best.isEmpty()
                        ? "None of the model's outputs has a value for each of " + labels + ": "
                                + Feed.described(floating) + "."
                        : "Several outputs of the model may be what " + labels + " are for: " + Feed.described(best)
                                + ". Maybe name one with --output-name, or output(name) in Java.");
    }

    /** Number of classes of an output [samples, classes], where more dims of 1 may follow; 0 if it is not so. */
    static long classesOf(List<Long> shape) {
        boolean perSample = shape.size() >= 2 && shape.stream().skip(2).allMatch(dim -> dim == 1);
        return perSample ? shape.get(1) : 0;
    }
}
