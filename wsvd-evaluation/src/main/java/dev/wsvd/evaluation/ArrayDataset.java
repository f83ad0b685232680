package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/** Samples for a model, with or without labels. */
public final class ArrayDataset {
    private ArrayDataset() {}

    /** Unlabelled samples from a {@code .npy} (a model's single input) or {@code .npz} file (by input name), batch first. */
    public static ArrayDataset load(Path data) {
        throw new UnsupportedOperationException(data.toString());
    }

    /** Labelled samples; labels are integers [N] or [N,1], or one-hot [N,C]. */
    public static ArrayDataset load(Path data, Path labels) {
        throw new UnsupportedOperationException(data.toString() + labels);
    }

    /** Unlabelled samples by input name. */
    public static ArrayDataset of(Map<String, Tensor> inputs) {
        throw new UnsupportedOperationException(inputs.toString());
    }

    /** Labelled samples by input name. */
    public static ArrayDataset of(Map<String, Tensor> inputs, Tensor labels) {
        throw new UnsupportedOperationException(inputs.toString() + labels);
    }

    /** Number of samples. */
    public long samples() {
        throw new UnsupportedOperationException();
    }

    /** Whether there are labels. */
    public boolean labelled() {
        throw new UnsupportedOperationException();
    }

    /** The first n samples, or all if there are fewer. */
    public ArrayDataset limit(long n) {
        throw new UnsupportedOperationException(String.valueOf(n));
    }

    /** Lower-case hex digest of the samples and labels. */
    public String sha256() {
        throw new UnsupportedOperationException();
    }

    /** The first sample, as a model's input; as many samples as the model's batch dim asks for if that is fixed. */
    public Map<String, Tensor> sample(Predictor predictor) {
        throw new UnsupportedOperationException(predictor.toString());
    }
}
