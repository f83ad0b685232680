package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;

/** The classes of samples, from an array in one of the usual forms. */
final class Labels {
    private Labels() {}

    /**
     * One class per sample.
     *
     * @param labels integers [N] or [N,1], or one-hot [N,C]
     * @param where how messages name the array
     */
    static int[] of(Tensor labels, String where) {
        List<Long> shape = labels.shape();
        boolean single = shape.size() == 1 || shape.size() == 2 && shape.get(1) == 1;
        if (!single && shape.size() != 2) {
            throw new InvalidInputException(where + " has shape " + shape
                    + "; labels are integers [samples] or [samples, 1], or one-hot [samples, classes].");
        }
        return single ? classes(labels, where) : oneHot(labels, where);
    }

    private static int[] classes(Tensor labels, String where) {
        if (labels.type().floating()) {
            throw new InvalidInputException(where + " holds " + labels.type()
                    + "; labels are integers. Maybe save them with .astype(numpy.int64).");
        }
        int[] classes = new int[Math.toIntExact(labels.elements())];
        for (int i = 0; i < classes.length; i++) {
            double label = labels.getDouble(i);
            if (label < 0 || label > Integer.MAX_VALUE) {
                throw new InvalidInputException(
                        where + " holds " + (long) label + " for sample " + i + "; a label is a class number from 0.");
            }
            classes[i] = (int) label;
        }
        return classes;
    }

    private static int[] oneHot(Tensor labels, String where) {
        int[] classes = new int[Math.toIntExact(labels.shape().get(0))];
        int width = Math.toIntExact(labels.shape().get(1));
        for (int i = 0; i < classes.length; i++) {
            classes[i] = hot(labels, i * width, width);
            if (classes[i] < 0) {
                throw new InvalidInputException(where + " has shape " + labels.shape() + " and row " + i
                        + " is not one-hot; such a row holds a single 1 among zeros.");
            }
        }
        return classes;
    }

    /** Index of the only 1 among zeros, −1 if the row is not so. */
    private static int hot(Tensor labels, int from, int width) {
        int hot = -1;
        for (int c = 0; c < width; c++) {
            double value = labels.getDouble(from + c);
            if (value == 1 && hot < 0) {
                hot = c;
            } else if (value != 0) {
                return -1;
            }
        }
        return hot;
    }
}
