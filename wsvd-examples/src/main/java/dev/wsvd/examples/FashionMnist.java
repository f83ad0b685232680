package dev.wsvd.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.ArrayDataset;
import dev.wsvd.domain.tensor.Tensor;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Fashion-MNIST (MIT licence): 28×28 grey images of ten kinds of clothes, as DJL datasets. */
final class FashionMnist {
    static final List<String> CLASSES =
            List.of("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot");
    static final Shape IMAGE = new Shape(1, 28, 28);

    private final NDArray images;
    private final NDArray labels;

    private FashionMnist(NDArray images, NDArray labels) {
        this.images = images;
        this.labels = labels;
    }

    /**
     * Reads the 60,000 images for training.
     *
     * @param folder with the four .gz files
     * @param manager must live as long as the datasets
     */
    static FashionMnist training(Path folder, NDManager manager) throws IOException {
        return read(folder, "train", manager);
    }

    /** Reads the 10,000 images for testing. */
    static FashionMnist test(Path folder, NDManager manager) throws IOException {
        return read(folder, "t10k", manager);
    }

    /** Some of the images, [N][1][28][28] from 0 to 1, and their classes. */
    ArrayDataset samples(int from, int to, int batch, boolean shuffled) {
        return new ArrayDataset.Builder()
                .setData(images.get(from + ":" + to))
                .optLabels(labels.get(from + ":" + to))
                .setSampling(batch, shuffled)
                .build();
    }

    /** The pixels of one image. */
    float[] pixels(int index) {
        return images.get(index).toFloatArray();
    }

    /** The pixels of some images, [N][1][28][28] from 0 to 1. */
    Tensor pixels(int from, int to) {
        NDArray some = images.get(from + ":" + to);
        List<Long> shape = Arrays.stream(some.getShape().getShape()).boxed().toList();
        return Tensor.ofFloats(shape, some.toFloatArray());
    }

    private static FashionMnist read(Path folder, String set, NDManager manager) throws IOException {
        byte[] pixels = idx(folder.resolve(set + "-images-idx3-ubyte.gz"), 16);
        byte[] classes = idx(folder.resolve(set + "-labels-idx1-ubyte.gz"), 8);
        Shape shape = new Shape(classes.length).addAll(IMAGE);
        NDArray images = manager.create(ByteBuffer.wrap(pixels), shape, DataType.UINT8);
        NDArray labels = manager.create(ByteBuffer.wrap(classes), new Shape(classes.length), DataType.UINT8);
        return new FashionMnist(images.toType(DataType.FLOAT32, false).div(255), labels.toType(DataType.INT64, false));
    }

    /** The bytes of a gzipped IDX file behind its header. */
    private static byte[] idx(Path file, int header) throws IOException {
        try (var in = new DataInputStream(new GZIPInputStream(Files.newInputStream(file)))) {
            in.readFully(new byte[header]);
            return in.readAllBytes();
        }
    }
}
