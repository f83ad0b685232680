package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers expected of resized images and of luminance are those of Pillow 13. */
class ImageFolderTest {
    private static final int HEIGHT = 5;
    private static final int WIDTH = 7;
    private static final int[] LUMINANCE = {
        41, 102, 163, 195, 105, 90, 151, 78, 139, 171, 81, 66, 127, 188, 115, 176, 208, 42, 103, 164, 196, 152, 184, 94,
        79, 140, 172, 82, 189, 70, 55, 116, 177, 209, 43
    };

    private static final ImagePreparation CHANNELS_LAST =
            new ImagePreparation(Optional.empty(), List.of(), List.of(), Optional.of(ImageLayout.CHANNELS_LAST));

    @TempDir
    Path folder;

    @Test
    void subFoldersAreClassesInTurn() throws IOException {
        Path b = Files.createDirectories(folder.resolve("b").resolve("deep"));
        Path a = Files.createDirectories(folder.resolve("a"));
        Files.createDirectories(folder.resolve(".hidden"));
        grey(folder.resolve(".hidden").resolve("x.png"), 9);
        grey(a.resolve("2.png"), 2);
        grey(a.resolve("1.PNG"), 1);
        grey(a.resolve("3.png"), 3);
        grey(b.resolve("1.png"), 101);
        Files.writeString(a.resolve("notes.txt"), "These are notes.");
        Files.writeString(folder.resolve("classes.json"), "{}");

        ImageFolder images = ImageFolder.of(folder);
        ArrayDataset data = images.prepared(ImagePreparation.DEFAULT, inputs(ElementType.UINT8, -1, 1, 1, 2));

        assertThat(images.classes()).containsExactly("a", "b");
        assertThat(images.size()).isEqualTo(4);
        assertThat(values(data)).containsExactly(1, 1, 101, 101, 2, 2, 3, 3);
        assertThat(IntStream.range(0, 4).map(data::label)).containsExactly(0, 1, 0, 0);
    }

    @Test
    void imagesInTheFolderItselfHaveNoClass() throws IOException {
        grey(folder.resolve("b.png"), 2);
        grey(folder.resolve("a.bmp"), 1);

        ArrayDataset data =
                ImageFolder.of(folder).prepared(ImagePreparation.DEFAULT, inputs(ElementType.UINT8, -1, 1, 1, 2));

        assertThat(values(data)).containsExactly(1, 1, 2, 2);
        assertThat(data.labelled()).isFalse();
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a right there")
    void theFolderAndItsClassesMayBeLinks() throws IOException {
        Path cats = Files.createDirectories(folder.resolve("elsewhere"));
        grey(cats.resolve("a.png"), 1);
        Path images = Files.createDirectories(folder.resolve("images"));
        Files.createSymbolicLink(images.resolve("cat"), cats);
        Path link = Files.createSymbolicLink(folder.resolve("link"), images);

        ImageFolder found = ImageFolder.of(link);

        assertThat(found.classes()).containsExactly("cat");
        assertThat(found.size()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"png", "bmp"})
    void pixelsAreAsStored(String type) throws IOException {
        write(type, colours(BufferedImage.TYPE_INT_RGB));

        ArrayDataset first = prepared(ImagePreparation.DEFAULT, inputs(ElementType.FLOAT32, -1, 3, HEIGHT, WIDTH));
        ArrayDataset last = prepared(ImagePreparation.DEFAULT, inputs(ElementType.FLOAT16, 1, HEIGHT, WIDTH, 3));

        assertThat(first.arrays().get("image").type()).isEqualTo(ElementType.FLOAT32);
        assertThat(first.arrays().get("image").shape()).containsExactly(1L, 3L, 5L, 7L);
        assertThat(last.arrays().get("image").shape()).containsExactly(1L, 5L, 7L, 3L);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                for (int c = 0; c < 3; c++) {
                    float expected = (float) (colour(y, x, c) / 255.0);
                    assertThat(tensor(first).getDouble((c * HEIGHT + y) * WIDTH + x))
                            .isEqualTo(expected);
                    assertThat(tensor(last).getDouble((y * WIDTH + x) * 3 + c)).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void oneChannelIsLuminance() throws IOException {
        write("png", colours(BufferedImage.TYPE_INT_RGB));

        assertThat(values(prepared(ImagePreparation.DEFAULT, inputs(ElementType.UINT8, -1, 1, HEIGHT, WIDTH))))
                .containsExactly(LUMINANCE);
    }

    @Test
    void greyImagesAreNoLinearLight() throws IOException {
        BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(0, 0, 0, 128);
        grey.getRaster().setSample(1, 0, 0, 3);
        write("png", grey);
        assertThat(values(prepared(ImagePreparation.DEFAULT, inputs(ElementType.UINT8, -1, 1, 1, 2))))
                .containsExactly(128, 3);
        assertThat(values(prepared(CHANNELS_LAST, inputs(ElementType.INT64, -1, 1, 2, 3))))
                .containsExactly(128, 128, 128, 3, 3, 3);

        BufferedImage deep = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        deep.getRaster().setSample(0, 0, 0, 65535);
        deep.getRaster().setSample(1, 0, 0, 257 * 77);
        write("png", deep);
        assertThat(values(prepared(ImagePreparation.DEFAULT, inputs(ElementType.UINT8, -1, 1, 1, 2))))
                .containsExactly(255, 77);
    }

    @Test
    void palettesAndTransparencyAreReadAsColours() throws IOException {
        BufferedImage clear = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        clear.setRGB(0, 0, 0x00102030);
        clear.setRGB(1, 0, 0xff405060);
        write("png", clear);
        List<TensorInfo> inputs = inputs(ElementType.UINT8, -1, 1, 2, 3);
        assertThat(values(prepared(CHANNELS_LAST, inputs))).containsExactly(0x10, 0x20, 0x30, 0x40, 0x50, 0x60);

        BufferedImage palette = new BufferedImage(
                2,
                1,
                BufferedImage.TYPE_BYTE_INDEXED,
                new IndexColorModel(1, 2, new byte[] {-1, 0}, new byte[2], new byte[] {0, -1}));
        palette.getRaster().setSample(1, 0, 0, 1);
        Files.delete(folder.resolve("image.png"));
        write("gif", palette);
        assertThat(values(prepared(CHANNELS_LAST, inputs))).containsExactly(255, 0, 0, 0, 0, 255);
    }

    @Test
    void aJpegIsNearlyWhatItWas() throws IOException {
        BufferedImage plain = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
        plain.createGraphics().fillRect(0, 0, 16, 16);
        write("jpg", plain);

        assertThat(Arrays.stream(values(prepared(ImagePreparation.DEFAULT, inputs(ElementType.UINT8, -1, 3, 16, 16))))
                        .min()
                        .orElseThrow())
                .isGreaterThan(250);
    }

    @Test
    void resizingIsThatOfPillow() throws IOException {
        write("png", colours(BufferedImage.TYPE_INT_RGB));

        assertThat(values(resized(ImageResize.to(3, 4), -1, -1, -1, 3)))
                .containsExactly(
                        48, 98, 143, 143, 162, 114, 147, 90, 99, 101, 144, 194, 106, 153, 170, 145, 149, 85, 73, 107,
                        146, 152, 172, 123, 157, 139, 142, 111, 75, 103, 115, 165, 164, 134, 126, 66);
        assertThat(Arrays.copyOf(values(resized(ImageResize.to(6, 9), -1, 6, 9, 3)), 27))
                .containsExactly(
                        0, 50, 100, 41, 91, 141, 88, 138, 188, 136, 186, 179, 183, 233, 27, 230, 81, 74, 136, 72, 122,
                        69, 119, 169, 110, 160, 210);
        assertThat(values(resized(ImageResize.toShorterSide(4), -1, 3, 3, 3)))
                .containsExactly(
                        104, 154, 169, 181, 155, 72, 131, 74, 124, 147, 197, 105, 121, 76, 79, 67, 117, 167, 191, 158,
                        82, 70, 92, 123, 111, 161, 144);
        assertThat(resized(ImageResize.toShorterSide(4), -1, -1, -1, 3)
                        .arrays()
                        .get("image")
                        .shape())
                .containsExactly(1L, 4L, 4L, 3L);
    }

    @Test
    void valuesAreNormalisedByChannel() throws IOException {
        write("png", colours(BufferedImage.TYPE_INT_RGB));
        List<TensorInfo> inputs = inputs(ElementType.FLOAT32, -1, 3, HEIGHT, WIDTH);

        Tensor byChannel = tensor(prepared(normalised(List.of(0.1, 0.2, 0.3), List.of(0.5, 1.0, 2.0)), inputs));
        Tensor bytes = tensor(prepared(normalised(List.of(), List.of(1.0 / 255)), inputs));

        assertThat(byChannel.getDouble(0)).isEqualTo((float) ((0 - 0.1) / 0.5));
        assertThat(byChannel.getDouble(2 * HEIGHT * WIDTH)).isEqualTo((float) ((100 / 255.0 - 0.3) / 2));
        assertThat(bytes.getDouble(1)).isEqualTo(61);
    }

    @Test
    void whatIsNotKeptIsReadAgain() throws IOException {
        for (int i = 0; i < 5; i++) {
            grey(folder.resolve(i + ".png"), 10 * i);
        }
        ImageFolder images = ImageFolder.of(folder);
        List<TensorInfo> inputs = inputs(ElementType.UINT8, -1, 1, 1, 2);

        ArrayDataset two = images.prepared(ImagePreparation.DEFAULT, inputs, 4);
        assertThat(values(two)).containsExactly(0, 0, 10, 10, 20, 20, 30, 30, 40, 40);
        grey(folder.resolve("0.png"), 99);
        grey(folder.resolve("4.png"), 99);
        assertThat(values(two)).containsExactly(0, 0, 10, 10, 20, 20, 30, 30, 99, 99);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            2, 3       | holds images, the model takes 'image' (float32 [2, 3]); images are one input [samples, channels, height, width] or [samples, height, width, channels].
            1, 4, 5, 7 | holds images, and 'image' (float32 [1, 4, 5, 7]) does not tell which dim counts their channels. Maybe give the layout.
            1, 3, 5, 3 | holds images, and 'image' (float32 [1, 3, 5, 3]) does not tell which dim counts their channels. Maybe give the layout.
            """)
    void modelsThatTakeNoImagesAreRefused(String shape, String message) throws IOException {
        write("png", colours(BufferedImage.TYPE_INT_RGB));
        long[] dims =
                Arrays.stream(shape.split(", ")).mapToLong(Long::parseLong).toArray();

        refused(
                () -> prepared(ImagePreparation.DEFAULT, inputs(ElementType.FLOAT32, dims)),
                "The folder " + folder + " " + message);
    }

    @Test
    void imagesThatDoNotFitAreRefused() throws IOException {
        write("png", colours(BufferedImage.TYPE_INT_RGB));
        List<TensorInfo> inputs = inputs(ElementType.FLOAT32, -1, 4, 4, 3);
        refused(
                () -> prepared(ImagePreparation.DEFAULT, inputs),
                "The image " + folder.resolve("image.png")
                        + " has 5x7 pixels (height x width), the model takes 4x4. Maybe resize it to 4x4.");
        refused(
                () -> prepared(resizedBy(ImageResize.to(3, 4)), inputs),
                "The folder " + folder + " is resized to 3x4, the model takes 4x4. Maybe resize to 4x4.");
        refused(
                () -> prepared(resizedBy(ImageResize.toShorterSide(3)), inputs),
                "The folder " + folder + " is resized to a shorter side of 3, the model takes 4x4. Maybe resize to 4.");
        refused(
                () -> prepared(normalised(List.of(0.1, 0.2), List.of()), inputs(ElementType.FLOAT32, -1, 3, 5, 7)),
                "The model takes images of 3 channels, found 2 numbers as mean; there must be one, or one per channel.");
        refused(
                () -> prepared(normalised(List.of(), List.of(2.0)), inputs(ElementType.UINT8, -1, 3, 5, 7)),
                "The model takes images as whole numbers, 0 … 255; no std applies to that.");
        refused(
                () -> prepared(CHANNELS_LAST, inputs(ElementType.FLOAT32, -1, 3, 5, 7)),
                "The folder " + folder
                        + " holds images, of 1 or 3 channels; 'image' (float32 [?, 3, 5, 7]) has 7 with the channels"
                        + " last. Maybe use another layout.");
        refused(() -> normalised(List.of(), List.of(0.0)), "A standard deviation must be above 0, found [0.0].");
        refused(() -> normalised(List.of(Double.NaN), List.of()), "A mean must be a finite number, found [NaN].");
        refused(() -> ImageResize.to(0, 4), "Images are resized to at least 1 pixel, found 0x4.");
    }

    @Test
    void foldersWithoutImagesOrWithBrokenOnesAreRefused() throws IOException {
        refused(
                () -> ImageFolder.of(folder),
                "The folder " + folder + " holds no images (.png, .jpg, .jpeg, .bmp, .gif).");
        Path text = Files.writeString(folder.resolve("a.png"), "no image");
        List<TensorInfo> inputs = inputs(ElementType.FLOAT32, -1, 3, 5, 7);
        refused(
                () -> prepared(ImagePreparation.DEFAULT, inputs),
                "The image " + text + " cannot be read: it is none of PNG, JPEG, BMP and GIF.");
        write("png", colours(BufferedImage.TYPE_INT_RGB));
        byte[] whole = Files.readAllBytes(folder.resolve("image.png"));
        Files.delete(text);
        Files.write(folder.resolve("image.png"), Arrays.copyOf(whole, whole.length / 2));
        ArrayDataset cut = prepared(ImagePreparation.DEFAULT, inputs);
        assertThatThrownBy(() -> values(cut))
                .isExactlyInstanceOf(InvalidInputException.class)
                .hasMessageStartingWith("The image " + folder.resolve("image.png") + " cannot be read: ");
        Path sub = Files.createDirectories(folder.resolve("class"));
        grey(sub.resolve("b.png"), 1);
        refused(
                () -> ImageFolder.of(folder),
                "The folder " + folder
                        + " holds images beside sub-folders of images, such as image.png; each belongs into the sub-folder"
                        + " of its class.");
    }

    private ArrayDataset resized(ImageResize resize, long... dims) {
        return prepared(resizedBy(resize), inputs(ElementType.UINT8, dims));
    }

    private static ImagePreparation resizedBy(ImageResize resize) {
        return new ImagePreparation(Optional.of(resize), List.of(), List.of(), CHANNELS_LAST.layout());
    }

    private static ImagePreparation normalised(List<Double> mean, List<Double> std) {
        return new ImagePreparation(Optional.empty(), mean, std, Optional.empty());
    }

    private ArrayDataset prepared(ImagePreparation how, List<TensorInfo> inputs) {
        return ImageFolder.of(folder).prepared(how, inputs);
    }

    private static List<TensorInfo> inputs(ElementType type, long... dims) {
        return List.of(new TensorInfo("image", type, Arrays.stream(dims).boxed().toList()));
    }

    private static Tensor tensor(ArrayDataset data) {
        return data.arrays().get("image").samples(0, data.samples());
    }

    private static int[] values(ArrayDataset data) {
        Tensor tensor = tensor(data);
        return IntStream.range(0, (int) tensor.elements())
                .map(i -> (int) tensor.getDouble(i))
                .toArray();
    }

    private static int colour(int y, int x, int channel) {
        return (y * 37 + x * 61 + channel * 50) % 256;
    }

    private static BufferedImage colours(int type) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, colour(y, x, 0) << 16 | colour(y, x, 1) << 8 | colour(y, x, 2));
            }
        }
        return image;
    }

    private void write(String type, BufferedImage image) throws IOException {
        assertThat(ImageIO.write(image, type, folder.resolve("image." + type).toFile()))
                .isTrue();
    }

    private static void grey(Path file, int value) throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(0, 0, 0, value);
        image.getRaster().setSample(1, 0, 0, value);
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        assertThat(ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile()))
                .isTrue();
    }
}
