package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * How images get another size: each pixel of the result is the mean of those around its place, weighted by a triangle as wide as two
 * pixels of the result, or of the image where it is enlarged. That is the bilinear filter of Pillow and torchvision.
 */
public final class ImageResize {
    private final ImageSize size;
    private final boolean proportional;

    private ImageResize(int height, int width, boolean proportional) {
        if (height < 1 || width < 1) {
            throw new InvalidInputException(
                    "Images are resized to at least 1 pixel, found " + new ImageSize(height, width) + ".");
        }
        this.size = new ImageSize(height, width);
        this.proportional = proportional;
    }

    /**
     * To exactly this size, whatever the proportions.
     *
     * @throws InvalidInputException if a side is below 1
     */
    public static ImageResize to(int height, int width) {
        return new ImageResize(height, width, false);
    }

    /**
     * In proportion, until the shorter side has so many pixels; then the centre is cut out, as large as the model takes it, or else a
     * square.
     *
     * @throws InvalidInputException if that is below 1
     */
    public static ImageResize toShorterSide(int pixels) {
        return new ImageResize(pixels, pixels, true);
    }

    /** What a model sees if it takes any size. */
    ImageSize size() {
        return size;
    }

    /** @throws InvalidInputException if the result cannot be of the size that a model takes */
    void requireGives(ImageSize wanted, String source) {
        boolean gives =
                proportional ? wanted.height() <= size.height() && wanted.width() <= size.width() : wanted.equals(size);
        if (!gives) {
            throw new InvalidInputException(source + " is resized to " + this + ", the model takes " + wanted
                    + ". Maybe resize to " + (proportional ? Math.max(wanted.height(), wanted.width()) : wanted) + ".");
        }
    }

    Pixels applied(Pixels image, ImageSize wanted) {
        return proportional
                ? image.resized(image.size().withShorterSide(size.height())).centre(wanted)
                : image.resized(wanted);
    }

    @Override
    public String toString() {
        return proportional ? "a shorter side of " + size.height() : size.toString();
    }
}
