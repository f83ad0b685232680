package dev.wsvd.evaluation;

/**
 * The size of an image in pixels.
 *
 * @param height at least 1
 * @param width at least 1
 */
record ImageSize(int height, int width) {
    /** The same proportions, with a shorter side of so many pixels. */
    ImageSize withShorterSide(int pixels) {
        return height < width
                ? new ImageSize(pixels, Math.max(pixels, (int) ((long) width * pixels / height)))
                : new ImageSize(Math.max(pixels, (int) ((long) height * pixels / width)), pixels);
    }

    @Override
    public String toString() {
        return height + "x" + width;
    }
}
