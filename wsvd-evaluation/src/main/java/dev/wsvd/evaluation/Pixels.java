package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** An image as bytes [height][width][channels]. */
final class Pixels {
    /** More would not fit into memory, whatever a file claims. */
    private static final long MOST = 1L << 27;

    private final ImageSize size;
    private final int channels;
    private final byte[] values;

    private Pixels(ImageSize size, int channels, byte[] values) {
        this.size = size;
        this.channels = channels;
        this.values = values;
    }

    /**
     * Reads a file, its transparency left out.
     *
     * @param channels 3, or 1 for luminance
     * @throws InvalidInputException if it is no image that can be read
     */
    static Pixels read(Path file, int channels) {
        return reading(file, reader -> {
            requireReadable(file, reader);
            return of(reader.read(0), channels);
        });
    }

    /**
     * An image's size, by the beginning of its file.
     *
     * @throws InvalidInputException if it is no image that can be read
     */
    static ImageSize sizeOf(Path file) {
        return reading(file, reader -> requireReadable(file, reader));
    }

    private static ImageSize requireReadable(Path file, ImageReader reader) throws IOException {
        ImageSize size = new ImageSize(reader.getHeight(0), reader.getWidth(0));
        if ((long) size.height() * size.width() > MOST) {
            throw unreadable(file, "it has " + size + " pixels, more than " + MOST, null);
        }
        return size;
    }

    private interface Reading<T> {
        T of(ImageReader reader) throws IOException;
    }

    private static <T> T reading(Path file, Reading<T> reading) {
        try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
            Iterator<ImageReader> readers = in == null ? null : ImageIO.getImageReaders(in);
            if (readers == null || !readers.hasNext()) {
                throw unreadable(file, "it is none of PNG, JPEG, BMP and GIF", null);
            }
            ImageReader reader = readers.next();
            try {
                reader.setInput(in, true, true);
                return reading.of(reader);
            } finally {
                reader.dispose();
            }
        } catch (InvalidInputException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // The JDK's readers meet what is malformed with all kinds of exceptions.
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static InvalidInputException unreadable(Path file, String reason, Exception cause) {
        return new InvalidInputException("The image " + file + " cannot be read: " + reason + ".", cause);
    }

    private static Pixels of(BufferedImage image, int channels) {
        ImageSize size = new ImageSize(image.getHeight(), image.getWidth());
        byte[] values = new byte[Math.multiplyExact(Math.multiplyExact(size.height(), size.width()), channels)];
        boolean grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && !(image.getColorModel() instanceof IndexColorModel);
        for (int y = 0; y < size.height(); y++) {
            for (int x = 0; x < size.width(); x++) {
                int at = (y * size.width() + x) * channels;
                int rgb = grey ? 0x010101 * luminance(image.getRaster(), x, y) : image.getRGB(x, y);
                put(rgb, channels, values, at);
            }
        }
        return new Pixels(size, channels, values);
    }

    /** As stored: the JDK would take it for linear light and change it. */
    private static int luminance(Raster raster, int x, int y) {
        int bits = raster.getSampleModel().getSampleSize(0);
        int value = raster.getSample(x, y, 0);
        return bits == 8 ? value : (int) Math.round(value * 255.0 / ((1L << bits) - 1));
    }

    private static void put(int rgb, int channels, byte[] values, int at) {
        int red = rgb >> 16 & 0xff;
        int green = rgb >> 8 & 0xff;
        int blue = rgb & 0xff;
        if (channels == 1) {
            values[at] = (byte) ((299 * red + 587 * green + 114 * blue + 500) / 1000);
            return;
        }
        values[at] = (byte) red;
        values[at + 1] = (byte) green;
        values[at + 2] = (byte) blue;
    }

    ImageSize size() {
        return size;
    }

    /** A value, 0 … 255. */
    int value(int y, int x, int channel) {
        return values[(y * size.width() + x) * channels + channel] & 0xff;
    }

    /** How many bytes it holds. */
    int bytes() {
        return values.length;
    }

    /** In another size; by {@link ImageResize}'s filter, first along rows. */
    Pixels resized(ImageSize to) {
        return size.equals(to) ? this : alongRows(to.width()).alongColumns(to.height());
    }

    private Pixels alongRows(int width) {
        TriangleFilter filter = new TriangleFilter(size.width(), width);
        byte[] to = new byte[size.height() * width * channels];
        for (int y = 0; y < size.height(); y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < channels; c++) {
                    int row = y;
                    int channel = c;
                    to[(y * width + x) * channels + c] = filter.at(x, from -> value(row, from, channel));
                }
            }
        }
        return new Pixels(new ImageSize(size.height(), width), channels, to);
    }

    private Pixels alongColumns(int height) {
        TriangleFilter filter = new TriangleFilter(size.height(), height);
        byte[] to = new byte[height * size.width() * channels];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < size.width(); x++) {
                for (int c = 0; c < channels; c++) {
                    int column = x;
                    int channel = c;
                    to[(y * size.width() + x) * channels + c] = filter.at(y, from -> value(from, column, channel));
                }
            }
        }
        return new Pixels(new ImageSize(height, size.width()), channels, to);
    }

    /** The middle of it, no larger than it is. */
    Pixels centre(ImageSize of) {
        int top = (int) Math.rint((size.height() - of.height()) / 2.0);
        int left = (int) Math.rint((size.width() - of.width()) / 2.0);
        byte[] cut = new byte[of.height() * of.width() * channels];
        int row = of.width() * channels;
        for (int y = 0; y < of.height(); y++) {
            System.arraycopy(values, ((top + y) * size.width() + left) * channels, cut, y * row, row);
        }
        return new Pixels(of, channels, cut);
    }
}
