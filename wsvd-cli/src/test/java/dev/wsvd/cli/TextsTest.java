package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts where arrays could be given, on a small transformer and its tokenizer. */
class TextsTest {
    @TempDir
    Path folder;

    private Path model;
    private Path calibration;
    private Path data;

    @BeforeEach
    void write() throws IOException {
        model = folder.resolve("encoder.onnx");
        TextModel.writeEncoder(model, 0);
        TextModel.writeTokenizer(folder.resolve("tokenizer.json"));
        calibration = lines("calibration.txt", sentences(60, 1));
        data = lines("data.txt", sentences(50, 2));
    }

    @Test
    void aModelIsCompressedByTextsAlone() {
        Path small = folder.resolve("small.onnx");

        Call compress = compress(small, "--score", "embedding", "--correct");
        Call compare = Call.of("compare", model, small, "--data", data, "--score", "embedding");

        assertThat(compress.exitCode()).as(compress.err()).isZero();
        assertThat(compress.err())
                .contains(
                        "note: calibration.txt: 60 texts, by tokenizer.json at most 10 tokens; none cut at the longest"
                                + " length, 512.\n")
                .contains("note: data.txt: 50 texts, ");
        assertThat(compress.out())
                .containsPattern("\nrecall@10 \\(50 samples\\) +1\\.0000 +0\\.\\d{4}\n")
                .contains("\nMACs are for length = 10 (data.txt)\n");
        assertThat(compare.exitCode()).as(compare.err()).isZero();
        assertThat(compare.out())
                .containsPattern("\nrecall@10 +0\\.\\d{4}\n")
                .containsPattern("\ncosine of embeddings +0\\.\\d{5}\n");
    }

    @Test
    void theTokenizerMayBeElsewhere() throws IOException {
        Path beside = folder.resolve("tokenizer.json");
        Path other = Files.createDirectories(folder.resolve("other"));
        Call expected = compress(folder.resolve("a.onnx"));
        Files.move(beside, other.resolve("tokenizer.json"));

        Call byFile = compress(folder.resolve("b.onnx"), "--tokenizer", other.resolve("tokenizer.json"));
        Call byFolder = compress(folder.resolve("c.onnx"), "--tokenizer", other);

        assertThat(expected.exitCode()).as(expected.err()).isZero();
        assertThat(byFile.exitCode()).as(byFile.err()).isZero();
        assertThat(byFolder.exitCode()).as(byFolder.err()).isZero();
        assertThat(folder.resolve("b.onnx")).hasSameBinaryContentAs(folder.resolve("a.onnx"));
        assertThat(folder.resolve("c.onnx")).hasSameBinaryContentAs(folder.resolve("a.onnx"));
    }

    @Test
    void whatFillsShortTextsUpTeachesNothing() throws IOException {
        Path wide = folder.resolve("wide.onnx");
        TextModel.writeEncoder(wide, 40);

        List<String> errors = errors(model);

        assertThat(errors).hasSizeGreaterThan(3);
        assertThat(errors(wide)).isEqualTo(errors);
    }

    /** What each layer misses of its outputs on the calibration texts, as predicted. */
    private List<String> errors(Path of) {
        Call call = Call.of(
                "compress",
                of,
                "-o",
                folder.resolve("small.onnx"),
                "--layer",
                "node_*=0.6",
                "--calibration",
                calibration);
        assertThat(call.exitCode()).as(call.err()).isZero();
        return Pattern.compile("(?m) rank .*  \\d\\.\\d+  +\\d\\.\\d+  (\\d\\.\\d+)$")
                .matcher(call.out())
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    @Test
    void columnsHoldTextsAndLabels() throws IOException {
        Path classifier = folder.resolve("classifier.onnx");
        TextModel.writeClassifier(classifier);
        Path csv =
                lines("d.csv", List.of("label,text", "0,a red house", "1,\"the hill, blue\"", "1,red", "0,red river"));
        Path tsv = lines(
                "d.tsv", List.of("sentence\tlabel", "a red house\t0", "the hill, blue\t1", "red\t1", "red river\t0"));
        Path txt = lines("d.txt", List.of("a red house", "the hill, blue", "red", "red river"));
        Path labels = lines("labels.txt", List.of("0", "1", "1", "0"));

        for (Call call : List.of(
                Call.of("evaluate", classifier, "--data", csv),
                Call.of("evaluate", classifier, "--data", tsv),
                Call.of("evaluate", classifier, "--data", txt, "--labels", labels),
                Call.of("evaluate", classifier, "--data", txt, "--labels", csv))) {
            assertThat(call.exitCode()).as(call.err()).isZero();
            assertThat(call.out()).containsPattern("accuracy +0\\.7500\n");
        }
        assertThat(Call.of("evaluate", classifier, "--data", csv).err())
                .contains("note: d.csv: 4 texts in column 'text', by tokenizer.json at most 6 tokens; ");
        assertThat(Call.of("evaluate", classifier, "--data", tsv).err()).contains(" in column 'sentence', ");
        assertThat(Call.of("compare", classifier, classifier, "--data", csv, "--score", "fidelity")
                        .out())
                .doesNotContain("accuracy");
    }

    @Test
    void textsEndWhereTheModelDoes() throws IOException {
        Path six = folder.resolve("six.onnx");
        TextModel.writeEncoder(six, 6);

        assertThat(Call.of("compare", six, six, "--data", data).err())
                .containsPattern("at most 6 tokens; \\d+ cut at the longest length, 6\\.\n");
        assertThat(Call.of("inspect", model, "--data", data, "--max-length", 4).out())
                .endsWith("MACs are for length = 4 (data.txt)\n");
        refused(
                "The file " + data + " has texts of up to 8 tokens, the model takes 6. Maybe use --max-length 6.",
                "inspect",
                six,
                "--data",
                data,
                "--max-length",
                8);
    }

    @Test
    void withoutATokenizer() throws IOException {
        Files.delete(folder.resolve("tokenizer.json"));
        refused(
                "'" + data + "' holds texts, and there is no tokenizer.json beside the model '" + model
                        + "'. Maybe give one with --tokenizer FILE.",
                "inspect",
                model,
                "--data",
                data);
        Path none = folder.resolve("none.json");
        refused("There is no tokenizer file '" + none + "'.", "inspect", model, "--data", data, "--tokenizer", none);
        refused(
                "There is no tokenizer file '" + folder.resolve("tokenizer.json") + "'.",
                "inspect",
                model,
                "--data",
                data,
                "--tokenizer",
                folder);
        Path other = lines("config.json", List.of("{\"model_type\": \"bert\"}"));
        Call call = Call.of("inspect", model, "--data", data, "--tokenizer", other);
        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.refusal())
                .startsWith("wsvd: '" + other + "' is not a tokenizer that can be read: ")
                .endsWith(" Maybe it is not the tokenizer.json of Hugging Face's tokenizers.");
    }

    @Test
    void withoutTheModuleOfTokenizers() throws Exception {
        String classpath = String.join(
                System.getProperty("path.separator"),
                Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                        .filter(entry -> !entry.contains("wsvd-text"))
                        .toList());
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        classpath,
                        WsvdCommand.class.getName(),
                        "inspect",
                        model.toString(),
                        "--data",
                        data.toString())
                .start();

        assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                .startsWith("wsvd: No tokenizer can be used. Add dev.wsvd:wsvd-text to the classpath. Class loaders"
                        + " searched: ");
        assertThat(process.waitFor()).isEqualTo(2);
    }

    @Test
    void filesThatHoldNoTexts() throws IOException {
        Path empty = lines("empty.txt", List.of());
        refused("The file " + empty + " holds no texts.", "inspect", model, "--data", empty);
        Path numbers = lines("numbers.csv", List.of("id,size", "1,2.5"));
        refused(
                "The file " + numbers + " has the columns 'id', 'size' and no texts in them. Maybe its first line is no"
                        + " header.",
                "inspect",
                model,
                "--data",
                numbers);
        Path latin = Files.write(folder.resolve("latin.txt"), "fünf".getBytes(StandardCharsets.ISO_8859_1));
        refused(
                "The file " + latin + " is not in UTF-8. Maybe save it in that encoding.",
                "inspect",
                model,
                "--data",
                latin);
        Path none = folder.resolve("none.txt");
        refused("The file " + none + " does not exist.", "inspect", model, "--data", none);
        Path labels = lines("labels.csv", List.of("label,text", "good,a house"));
        refused(
                "The file " + labels + ", line 2, has the label 'good'; a label is a class number from 0.",
                "compare",
                model,
                model,
                "--data",
                data,
                "--labels",
                labels);
        Path few = lines("few.txt", List.of("1"));
        refused(
                "The file " + data + " has 50 samples, the file " + few
                        + " has 1 labels; there must be one label per sample.",
                "evaluate",
                model,
                "--data",
                data,
                "--labels",
                few);
    }

    @Test
    void aModelThatTakesNoTexts() throws IOException {
        Path tokenizer = folder.resolve("tokenizer.json");
        refused(
                "The file " + data
                        + " holds texts, which give 'input_ids', 'attention_mask', 'token_type_ids'; the model"
                        + " takes 'image' (float32 [?, 1, 28, 28]). Maybe save its inputs as a .npz with an array of"
                        + " each name.",
                "inspect",
                Demo.MODEL,
                "--data",
                data,
                "--tokenizer",
                tokenizer);
    }

    @Test
    void optionsForTextsWithoutTexts() {
        refused(
                "--max-length is for texts (.txt, .csv, .tsv), found " + Demo.IMAGES + ".",
                "evaluate",
                Demo.MODEL,
                "--data",
                Demo.IMAGES,
                "--max-length",
                8);
        refused(
                "--tokenizer is for texts (.txt, .csv, .tsv), found no samples.",
                "inspect",
                model,
                "--tokenizer",
                folder.resolve("tokenizer.json"));
        refused("--max-length must be at least 1, found 0.", "inspect", model, "--data", data, "--max-length", 0);
    }

    @Test
    void scoresThatDoNotFit() throws IOException {
        Path labels = lines("labels.txt", List.of("0"));
        refusedScore("--score recall: expected accuracy, fidelity or embedding.", "--score", "recall");
        refusedScore("--pooling max: expected mean or cls.", "--score", "embedding", "--pooling", "max");
        refusedScore("--pooling is for --score embedding. Maybe add it.", "--pooling", "mean");
        refusedScore("--score accuracy needs labels. Maybe add --labels.", "--score", "accuracy");
        refusedScore(
                "--score embedding needs no labels; it cannot be combined with --labels.",
                "--score",
                "embedding",
                "--labels",
                labels);
        refusedScore(
                "--score fidelity needs no labels; it cannot be combined with --top-k.",
                "--score",
                "fidelity",
                "--top-k",
                2);
        refused(
                "--score embedding compares a model with its original, and there is one model. Maybe use compare.",
                "evaluate",
                model,
                "--data",
                data,
                "--score",
                "embedding");
        refused(
                "--score has no effect without --data. Maybe add --data.",
                "compress",
                model,
                "-o",
                folder.resolve("out.onnx"),
                "--target",
                "0.6",
                "--score",
                "embedding");
        refused(
                "--calibration and --data are the same file, " + data
                        + "; a score on calibration data is too high. Maybe split it into two files.",
                "compress",
                model,
                "-o",
                folder.resolve("out.onnx"),
                "--target",
                "0.6",
                "--data",
                data,
                "--calibration",
                data);
    }

    @Test
    void theFirstTokensVectorIsAnotherEmbedding() {
        Path small = folder.resolve("small.onnx");
        assertThat(compress(small).exitCode()).isZero();

        Call mean = Call.of("compare", model, small, "--data", data, "--score", "embedding", "--pooling", "mean");
        Call first = Call.of("compare", model, small, "--data", data, "--score", "embedding", "--pooling", "cls");

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(cosine(first)).isNotEqualTo(cosine(mean));
        assertThat(cosine(mean))
                .isEqualTo(cosine(Call.of("compare", model, small, "--data", data, "--score", "embedding")));
    }

    private static String cosine(Call call) {
        return call.out()
                .lines()
                .filter(line -> line.contains("cosine"))
                .findFirst()
                .orElseThrow();
    }

    private Call compress(Path output, Object... more) {
        return Call.of(Stream.concat(
                        Stream.of(
                                "compress",
                                model,
                                "-o",
                                output,
                                "--target",
                                "0.6",
                                "--calibration",
                                calibration,
                                "--data",
                                data),
                        Stream.of(more))
                .toArray());
    }

    private void refusedScore(String message, Object... more) {
        refused(
                message,
                Stream.concat(Stream.of("compare", model, model, "--data", data), Stream.of(more))
                        .toArray());
    }

    /** Once it was said how the texts were read. */
    private void refused(String message, Object... words) {
        Call call = Call.of(words);
        assertThat(call.err().lines().filter(line -> !line.startsWith("note: ")))
                .containsExactly("wsvd: " + message);
        assertThat(call.exitCode()).isEqualTo(2);
        assertThat(call.out()).isEmpty();
        assertThat(folder.resolve("out.onnx")).doesNotExist();
    }

    private Path lines(String name, List<String> lines) throws IOException {
        return Files.write(folder.resolve(name), lines);
    }

    /** Of 2 to 8 words. */
    static List<String> sentences(int count, long seed) {
        Random random = new Random(seed);
        List<String> sentences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int length = i == 0 ? 8 : 2 + random.nextInt(7);
            sentences.add(String.join(
                    " ",
                    random.ints(length, 0, TextModel.WORDS.size())
                            .mapToObj(TextModel.WORDS::get)
                            .toList()));
        }
        return sentences;
    }
}
