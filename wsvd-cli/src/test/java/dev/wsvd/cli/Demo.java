package dev.wsvd.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/** The network and the images that come with the project. */
final class Demo {
    static final Path FOLDER = Path.of("..", "demo");
    static final Path MODEL = FOLDER.resolve("fashion-resnet.onnx");
    static final Path IMAGES = FOLDER.resolve("test-images.npz");
    static final Path LABELS = FOLDER.resolve("test-labels.npy");

    static final Path CALIBRATION = FOLDER.resolve("calibration-images.npz");

    private Demo() {}

    /** A compression of the network, scored on the images and labels. */
    static Object[] compress(Path output, Object... more) {
        return Stream.concat(
                        Stream.of("compress", MODEL, "-o", output, "--data", IMAGES, "--labels", LABELS),
                        Arrays.stream(more))
                .toArray();
    }
}
