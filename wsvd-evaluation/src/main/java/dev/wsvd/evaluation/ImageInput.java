package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** What a model takes images as, and how a file becomes that. */
final class ImageInput {
    /** Float32, or uint8 for whole numbers; predictors convert them. */
    private final ElementType type;

    private final boolean channelsFirst;
    private final int channels;
    private final ImageSize size;
    private final ImagePreparation how;

    private ImageInput(ElementType type, boolean channelsFirst, int channels, ImageSize size, ImagePreparation how) {
        this.type = type;
        this.channelsFirst = channelsFirst;
        this.channels = channels;
        this.size = size;
        this.how = how;
    }

    /**
     * @param first the size of the first image, for a model that takes any
     * @param source how messages name the images
     * @throws InvalidInputException if the model takes no images, or not as they are prepared
     */
    static ImageInput of(List<TensorInfo> inputs, ImagePreparation how, ImageSize first, String source) {
        if (inputs.size() != 1
                || !inputs.get(0).ranked()
                || inputs.get(0).shape().size() != 4) {
            throw new InvalidInputException(source + " holds images, the model takes " + Feed.described(inputs)
                    + "; images are one input [samples, channels, height, width] or [samples, height, width,"
                    + " channels].");
        }
        TensorInfo input = inputs.get(0);
        boolean channelsFirst = channelsFirst(input, how, source);
        List<Long> dims = input.shape();
        long channels = dims.get(channelsFirst ? 1 : 3);
        if (channels >= 0 && channels != 1 && channels != 3) {
            throw new InvalidInputException(source + " holds images, of 1 or 3 channels; " + Feed.described(inputs)
                    + " has " + channels + " with the channels " + (channelsFirst ? "first" : "last")
                    + ". Maybe use another layout.");
        }
        ImageSize any = how.resize().map(ImageResize::size).orElse(first);
        ImageSize size = new ImageSize(
                side(dims.get(channelsFirst ? 2 : 1), any.height()),
                side(dims.get(channelsFirst ? 3 : 2), any.width()));
        how.resize().ifPresent(resize -> resize.requireGives(size, source));
        ElementType type = input.type().floating() ? ElementType.FLOAT32 : ElementType.UINT8;
        ImageInput found = new ImageInput(type, channelsFirst, channels == 1 ? 1 : 3, size, how);
        found.requireNumbers("mean", how.mean());
        found.requireNumbers("std", how.std());
        return found;
    }

    private static boolean channelsFirst(TensorInfo input, ImagePreparation how, String source) {
        if (how.layout().isPresent()) {
            return how.layout().get() == ImageLayout.CHANNELS_FIRST;
        }
        boolean first = isColours(input.shape().get(1));
        boolean last = isColours(input.shape().get(3));
        if (first == last) {
            throw new InvalidInputException(source + " holds images, and " + Feed.described(List.of(input))
                    + " does not tell which dim counts their channels. Maybe give the layout.");
        }
        return first;
    }

    private static boolean isColours(long dim) {
        return dim == 1 || dim == 3;
    }

    private static int side(long dim, int otherwise) {
        return dim < 0 ? otherwise : Math.toIntExact(dim);
    }

    private void requireNumbers(String what, List<Double> numbers) {
        if (!numbers.isEmpty() && type != ElementType.FLOAT32) {
            throw new InvalidInputException(
                    "The model takes images as whole numbers, 0 … 255; no " + what + " applies to that.");
        }
        if (numbers.size() > 1 && numbers.size() != channels) {
            throw new InvalidInputException("The model takes images of " + channels + " channels, found "
                    + numbers.size() + " numbers as " + what + "; there must be one, or one per channel.");
        }
    }

    ElementType type() {
        return type;
    }

    /** The shape of so many. */
    List<Long> shape(long samples) {
        long height = size.height();
        long width = size.width();
        return channelsFirst
                ? List.of(samples, (long) channels, height, width)
                : List.of(samples, height, width, (long) channels);
    }

    /** Bytes of one. */
    int bytes() {
        return Math.multiplyExact(Math.multiplyExact(size.height(), size.width()), channels * type.bytes());
    }

    /** @throws InvalidInputException if an image has another size and is not resized */
    void requireFits(Path file, ImageSize found) {
        if (how.resize().isEmpty() && !found.equals(size)) {
            throw new InvalidInputException("The image " + file + " has " + found + " pixels (height x width), "
                    + "the model takes " + size + ". Maybe resize it to " + size + ".");
        }
    }

    /** An image as large as the model takes it. */
    Pixels read(Path file) {
        Pixels image = Pixels.read(file, channels);
        requireFits(file, image.size());
        return how.resize().map(resize -> resize.applied(image, size)).orElse(image);
    }

    /** Appends an image's values. */
    void put(Pixels image, ByteBuffer to) {
        for (int outer = 0; outer < (channelsFirst ? channels : 1); outer++) {
            for (int y = 0; y < size.height(); y++) {
                for (int x = 0; x < size.width(); x++) {
                    for (int inner = 0; inner < (channelsFirst ? 1 : channels); inner++) {
                        int channel = outer + inner;
                        put(image.value(y, x, channel), channel, to);
                    }
                }
            }
        }
    }

    private void put(int value, int channel, ByteBuffer to) {
        if (type == ElementType.FLOAT32) {
            to.putFloat((float) ((value / 255.0 - number(how.mean(), channel, 0)) / number(how.std(), channel, 1)));
        } else {
            to.put((byte) value);
        }
    }

    private static double number(List<Double> numbers, int channel, double otherwise) {
        return numbers.isEmpty() ? otherwise : numbers.get(numbers.size() == 1 ? 0 : channel);
    }
}
