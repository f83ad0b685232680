package dev.wsvd.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.NpyFiles;
import dev.wsvd.spark.WsvdProcess.Run;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code wsvd compress --spark} on samples that are no arrays: executors get folders of images and texts, and read them as the driver does.
 * There are so few to calibrate on that they are one part, which a local run learns from to the bit.
 */
@Tag("slow")
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "spark-submit is a POSIX shell script here")
class SparkSamplesTest {
    private static final Path DEMO = DemoNetwork.folder();
    private static final Path MODEL = DEMO.resolve("fashion-resnet.onnx");
    private static final Tensor TEST =
            NpyFiles.readNpz(DEMO.resolve("test-images.npz")).get("image");
    private static final Tensor CALIBRATION =
            NpyFiles.readNpz(DEMO.resolve("calibration-images.npz")).get("image");
    private static final Path TEXTS = Path.of("src", "test", "resources", "texts");
    private static final List<String> WORDS =
            List.of("red", "blue", "a", "small", "large", "house", "stands", "on", "the", "hill", "by", "river");
    private static final int SIDE = 28;
    private static final int IMAGES = 60;
    private static final int NONE_OF_THESE = 5;

    @TempDir
    Path dir;

    private WsvdProcess wsvd;

    @BeforeEach
    void spark() throws IOException {
        wsvd = WsvdProcess.in(dir);
    }

    /** A class without images has its number too. */
    @Test
    void foldersOfImagesByClass() throws Exception {
        Path data = dir.resolve("test");
        Path calibration = dir.resolve("calibration");
        List<Integer> labels = labels();
        Files.createDirectories(data.resolve(String.valueOf(NONE_OF_THESE)));
        for (int i = 0; i < IMAGES; i++) {
            if (labels.get(i) != NONE_OF_THESE) {
                png(TEST, i, data.resolve(String.valueOf(labels.get(i))));
            }
            png(CALIBRATION, i, calibration.resolve(i % 2 == 0 ? "even" : "odd"));
        }

        assertModelIsThatOfALocalRun(MODEL, "--data", data, "--calibration", calibration, "--std", "1/255");
    }

    @Test
    void aFolderOfImagesWithLabelsInAFile() throws Exception {
        Path data = dir.resolve("test");
        Path calibration = dir.resolve("calibration");
        for (int i = 0; i < IMAGES; i++) {
            png(TEST, i, data);
            png(CALIBRATION, i, calibration);
        }
        Path labels = lines("labels.txt", labels().stream().map(String::valueOf));

        assertModelIsThatOfALocalRun(
                MODEL,
                "--data",
                data,
                "--labels",
                labels,
                "--calibration",
                calibration,
                "--std",
                "1/255",
                "--resize",
                SIDE);
    }

    @Test
    void textsWithTheTokenizerBesideTheModel() throws Exception {
        Path data = lines(
                "data.csv", Stream.concat(Stream.of("text,label"), texts(1).map(text -> text + "," + label(text))));
        Path calibration = lines("calibration.txt", texts(2));

        assertModelIsThatOfALocalRun(TEXTS.resolve("encoder.onnx"), "--data", data, "--calibration", calibration);
    }

    @Test
    void textsWithLabelsAndTheTokenizerElsewhere() throws Exception {
        Path model = Files.copy(TEXTS.resolve("encoder.onnx"), dir.resolve("encoder.onnx"));
        Path data = lines("data.txt", texts(1));
        Path labels = lines("labels.tsv", Stream.concat(Stream.of("label"), texts(1).map(SparkSamplesTest::label)));
        Path calibration = lines("calibration.tsv", Stream.concat(Stream.of("text"), texts(2)));

        assertModelIsThatOfALocalRun(
                model,
                "--data",
                data,
                "--labels",
                labels,
                "--calibration",
                calibration,
                "--tokenizer",
                TEXTS,
                "--max-length",
                5);
    }

    private void assertModelIsThatOfALocalRun(Path model, Object... more) throws Exception {
        Run local = wsvd.run(compress("local", model, more));
        assertThat(local.exitCode()).as(local.err()).isZero();

        List<Object> onSpark = new ArrayList<>(List.of(more));
        onSpark.addAll(List.of("--spark", "local[2]"));
        Run spark = wsvd.run(compress("spark", model, onSpark.toArray()));

        assertThat(spark.exitCode()).as(spark.err()).isZero();
        assertThat(dir.resolve("spark.json")).hasSameTextualContentAs(dir.resolve("local.json"));
        assertThat(dir.resolve("spark.onnx")).hasSameBinaryContentAs(dir.resolve("local.onnx"));
        assertThat(wsvd.jobs())
                .anyMatch(job -> job.startsWith("wsvd: moments of "))
                .anyMatch(job -> job.startsWith("wsvd: evaluating "));
    }

    private List<String> compress(String name, Path model, Object... more) {
        return Stream.concat(
                        Stream.of("compress", model, "--select", "tar", "--target", "0.6", "--candidates", "4"),
                        Stream.concat(
                                Stream.of(more),
                                Stream.of("--scores", dir.resolve(name + ".json"), "-o", dir.resolve(name + ".onnx"))))
                .map(String::valueOf)
                .toList();
    }

    private static List<Integer> labels() {
        Tensor labels = NpyFiles.read(DEMO.resolve("test-labels.npy"));
        return IntStream.range(0, IMAGES)
                .mapToObj(i -> (int) labels.getDouble(i))
                .toList();
    }

    private static void png(Tensor images, int number, Path folder) throws IOException {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < SIDE * SIDE; i++) {
            image.getRaster().setSample(i % SIDE, i / SIDE, 0, (int) images.getDouble(number * SIDE * SIDE + i));
        }
        Path file = Files.createDirectories(folder).resolve(String.format("%02d.png", number));
        ImageIO.write(image, "png", file.toFile());
    }

    private static Stream<String> texts(int seed) {
        Random random = new Random(seed);
        return IntStream.range(0, 50)
                .mapToObj(i -> IntStream.range(0, 2 + random.nextInt(6))
                        .mapToObj(word -> WORDS.get(random.nextInt(WORDS.size())))
                        .collect(Collectors.joining(" ")));
    }

    /** One of three classes. */
    private static String label(String text) {
        return String.valueOf(text.length() % 3);
    }

    private Path lines(String name, Stream<String> lines) throws IOException {
        return Files.write(dir.resolve(name), lines.toList());
    }
}
