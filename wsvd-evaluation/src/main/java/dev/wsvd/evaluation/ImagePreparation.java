package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How an image becomes a model's input: (p / 255 − mean) / std for a pixel's value p of 0 … 255 in a channel, red, green and blue or,
 * where a model has one channel, their luminance 0.299 R + 0.587 G + 0.114 B. An input of integers takes p itself.
 *
 * @param mean by channel, or one for all; empty for 0
 * @param std by channel, or one for all; empty for 1
 * @param layout empty to see it from the model's input
 */
public record ImagePreparation(
        Optional<ImageResize> resize, List<Double> mean, List<Double> std, Optional<ImageLayout> layout) {
    /** Values of 0 … 1; images have the size that the model takes. */
    public static final ImagePreparation DEFAULT =
            new ImagePreparation(Optional.empty(), List.of(), List.of(), Optional.empty());

    /** @throws InvalidInputException if a std is not above 0, or a mean is not finite */
    public ImagePreparation {
        Objects.requireNonNull(resize, "resize");
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        Objects.requireNonNull(layout, "layout");
        if (!mean.stream().allMatch(Double::isFinite)) {
            throw new InvalidInputException("A mean must be a finite number, found " + mean + ".");
        }
        if (!std.stream().allMatch(number -> number > 0 && Double.isFinite(number))) {
            throw new InvalidInputException("A standard deviation must be above 0, found " + std + ".");
        }
    }
}
