package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.NpyFiles;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of images where arrays could be given: the demo's, written as PNG. */
class ImagesTest {
    private static final int SIDE = 28;
    private static final int IMAGES = 60;

    @TempDir
    Path folder;

    private Path classed;
    private Path unlabelled;

    @BeforeEach
    void write() throws IOException {
        classed = Files.createDirectories(folder.resolve("test"));
        unlabelled = Files.createDirectories(folder.resolve("calibration"));
        Tensor images = NpyFiles.readNpz(Demo.IMAGES).get("image");
        Tensor labels = NpyFiles.read(Demo.LABELS);
        Tensor others = NpyFiles.readNpz(Demo.CALIBRATION).get("image");
        for (int i = 0; i < IMAGES; i++) {
            Path of = Files.createDirectories(classed.resolve(String.valueOf((int) labels.getDouble(i))));
            png(images, i, of.resolve(i + ".png"));
            png(others, i, unlabelled.resolve(i + ".png"));
        }
    }

    @Test
    void aFolderScoresAsItsArraysDo() {
        Call arrays =
                Call.of("evaluate", Demo.MODEL, "--data", Demo.IMAGES, "--labels", Demo.LABELS, "--samples", IMAGES);
        Call images = Call.of("evaluate", Demo.MODEL, "--data", classed, "--std", "1/255");

        assertThat(images.exitCode()).as(images.err()).isZero();
        assertThat(images.err()).isEqualTo("note: test: 60 images in 10 classes, '0' is 0 and '9' is 9.\n");
        assertThat(accuracy(images)).isEqualTo(accuracy(arrays));
    }

    @Test
    void aFolderCalibratesAsItsArraysDo() throws IOException {
        Path array = folder.resolve("calibration.npy");
        float[] pixels = new float[IMAGES * SIDE * SIDE];
        String[] names = unlabelled.toFile().list();
        Arrays.sort(names);
        Tensor others = NpyFiles.readNpz(Demo.CALIBRATION).get("image");
        for (int i = 0; i < IMAGES; i++) {
            int from = Integer.parseInt(names[i].replace(".png", "")) * SIDE * SIDE;
            for (int p = 0; p < SIDE * SIDE; p++) {
                pixels[i * SIDE * SIDE + p] = pixel(others, from + p);
            }
        }
        NpyFiles.write(array, Tensor.ofFloats(List.of((long) IMAGES, 1L, 28L, 28L), pixels));

        assertThat(compressed(unlabelled, "--std", "1/255")).hasSameBinaryContentAs(compressed(array));
    }

    private Path compressed(Path calibration, Object... more) {
        Path small = folder.resolve(calibration.getFileName() + ".onnx");
        Call call = Call.of(Stream.concat(
                        Stream.of(
                                "compress",
                                Demo.MODEL,
                                "-o",
                                small,
                                "--layer",
                                "stage3.0.conv?=0.5",
                                "--calibration",
                                calibration),
                        Stream.of(more))
                .toArray());
        assertThat(call.exitCode()).as(call.err()).isZero();
        return small;
    }

    @Test
    void otherSizesAreResizedWhenAsked() throws IOException {
        Path large = Files.createDirectories(folder.resolve("large"));
        BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_BYTE_GRAY);
        ImageIO.write(image, "png", large.resolve("a.png").toFile());

        refused(
                "The image " + large.resolve("a.png")
                        + " has 30x40 pixels (height x width), the model takes 28x28. Maybe resize it to 28x28.",
                "--data",
                large);
        for (String resize : new String[] {"28", "28x28"}) {
            Call call = Call.of("inspect", Demo.MODEL, "--data", large, "--resize", resize);
            assertThat(call.exitCode()).as(call.err()).isZero();
            assertThat(call.err()).isEqualTo("note: large: 1 images.\n");
        }
    }

    @Test
    void optionsThatDoNotFit() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        refused("The folder " + empty + " holds no images (.png, .jpg, .jpeg, .bmp, .gif).", "--data", empty);
        refused("--mean is for folders of images, found " + Demo.IMAGES + ".", "--data", Demo.IMAGES, "--mean", "0.5");
        refused("--resize is for folders of images, found no samples.", "--resize", "28");
        refused(
                "--resize 28x: expected the pixels of the shorter side, such as 256, or height and width, such as 224x224.",
                "--data",
                unlabelled,
                "--resize",
                "28x");
        refused(
                "--mean 0.5;0.5: expected one number, or one per channel with commas between.",
                "--data",
                unlabelled,
                "--mean",
                "0.5;0.5");
        refused("A standard deviation must be above 0, found [0.0].", "--data", unlabelled, "--std", "0");
        refused(
                "The model takes images of 1 channels, found 3 numbers as std; there must be one, or one per channel.",
                "--data",
                unlabelled,
                "--std",
                "0.2,0.2,0.2");
        refused("--layout hwc: expected nchw or nhwc.", "--data", unlabelled, "--layout", "hwc");
        refused(
                "--max-length is for texts (.txt, .csv, .tsv), found " + unlabelled + ".",
                "--data",
                unlabelled,
                "--max-length",
                "8");
    }

    private static void refused(String message, Object... options) {
        Object[] words = new Object[options.length + 2];
        words[0] = "inspect";
        words[1] = Demo.MODEL;
        System.arraycopy(options, 0, words, 2, options.length);
        Call.assertRefused(2, "wsvd: " + message, words);
    }

    private static String accuracy(Call call) {
        return call.out()
                .lines()
                .filter(line -> line.startsWith("accuracy"))
                .map(line -> line.replaceAll(" +", " "))
                .findFirst()
                .orElseThrow();
    }

    private static void png(Tensor images, int number, Path file) throws IOException {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.getRaster().setSample(i % SIDE, i / SIDE, 0, pixel(images, number * SIDE * SIDE + i));
        }
        ImageIO.write(image, "png", file.toFile());
    }

    private static int pixel(Tensor images, int at) {
        return (int) images.getDouble(at);
    }
}
