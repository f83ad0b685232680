package dev.wsvd.cli;

import java.nio.file.Path;

/** The network and the images that come with the project. */
final class Demo {
    static final Path FOLDER = Path.of("..", "demo");
    static final Path MODEL = FOLDER.resolve("fashion-resnet.onnx");
    static final Path IMAGES = FOLDER.resolve("test-images.npz");
    static final Path LABELS = FOLDER.resolve("test-labels.npy");

    static final Path CALIBRATION = FOLDER.resolve("calibration-images.npz");

    private Demo() {}
}
