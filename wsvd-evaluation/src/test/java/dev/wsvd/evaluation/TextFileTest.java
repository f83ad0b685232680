package dev.wsvd.evaluation;

import static dev.wsvd.evaluation.NpyFilesTest.refused;
import static dev.wsvd.evaluation.NpyFilesTest.values;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextFileTest {
    @TempDir
    Path folder;

    @Test
    void aLineIsAText() throws IOException {
        TextFile file = TextFile.read(write("a.txt", "\uFEFFone, two\r\n\n \nthree \"four\"\nfünf"));

        assertThat(file.texts()).containsExactly("one, two", "three \"four\"", "fünf");
        assertThat(file.column()).isEmpty();
        assertThat(file.labels()).isEmpty();
    }

    @Test
    void fieldsAreAsInRfc4180() throws IOException {
        TextFile file = TextFile.read(write("a.csv", """
                id,Text,label
                7,"one, two",0

                8,"a ""word""
                on two lines",12
                9,,3"""));

        assertThat(file.texts()).containsExactly("one, two", "a \"word\"\non two lines", "");
        assertThat(file.column()).contains("Text");
        assertThat(file.labels())
                .hasValueSatisfying(labels -> assertThat(labels).containsExactly(0, 12, 3));
    }

    @Test
    void withoutAColumnTextTheFirstOfTextsIsTaken() throws IOException {
        TextFile file = TextFile.read(write("a.TSV", "id\tlabel\tsentence\ttopic\n1\t0\ta, b\tx\n2.5e3\t1\tc\ty\n"));

        assertThat(file.column()).contains("sentence");
        assertThat(file.texts()).containsExactly("a, b", "c");
        assertThat(file.labels())
                .hasValueSatisfying(labels -> assertThat(labels).containsExactly(0, 1));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            a.csv | text,label%na      | , line 2, has 1 fields, its header has 2. Maybe a field that holds a delimiter needs quotes.
            a.csv | text%n"a"b         | , line 2, has a field that goes on after its closing quote. Maybe double the quotes within it.
            a.csv | text%n"a%nb        | ` has a quote in line 2 that is never closed.`
            a.csv | id,n%n1,2.5        | ` has the columns 'id', 'n' and no texts in them. Maybe its first line is no header.`
            a.csv | ``                 | ` is empty; its first line names the columns.`
            a.tsv | text%n             | ` holds no texts.`
            a.txt | %n                 | ` holds no texts.`
            a.csv | label,text%n0,a%npositive,b | , line 3, has the label 'positive'; a label is a class number from 0.
            """)
    void otherFilesAreRefused(String name, String text, String message) throws IOException {
        Path file = write(name, text.replace("%n", "\n"));

        refused(() -> TextFile.read(file), "The file " + file + message);
    }

    @Test
    void otherEncodingsAreRefused() throws IOException {
        Path file = Files.write(folder.resolve("a.txt"), "fünf".getBytes(StandardCharsets.ISO_8859_1));

        refused(() -> TextFile.read(file), "The file " + file + " is not in UTF-8. Maybe save it in that encoding.");
        refused(
                () -> TextFile.read(folder.resolve("none.txt")),
                "The file " + folder.resolve("none.txt") + " does not exist.");
    }

    @Test
    void textsBecomeTheInputsOfTheModel() throws IOException {
        TextFile file = TextFile.read(write("a.csv", "text,label\nab,3\n,1\nabcdef,0\n"));

        TokenizedTexts two = file.tokenized(new Letters(4), List.of(ids(-1), mask()));
        TokenizedTexts fixed = file.tokenized(new Letters(4), List.of(types(), ids(6)));

        assertThat(two.longest()).isEqualTo(4);
        assertThat(two.truncated()).isEqualTo(1);
        assertThat(arrays(two)).containsOnlyKeys("input_ids", "attention_mask");
        assertThat(arrays(two).get("input_ids").type()).isEqualTo(ElementType.INT64);
        assertThat(arrays(two).get("input_ids").shape()).containsExactly(3L, 4L);
        assertThat(values(arrays(two).get("input_ids"))).containsExactly(100, 1, 2, 99, 100, 99, 99, 99, 100, 1, 2, 3);
        assertThat(values(arrays(two).get("attention_mask"))).containsExactly(1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1);
        assertThat(two.dataset().labelled()).isTrue();
        assertThat(two.dataset().label(0)).isEqualTo(3);
        assertThat(two.dataset().withoutLabels().labelled()).isFalse();
        assertThat(two.dataset().sampleShapes()).containsEntry("input_ids", List.of(4L));
        assertThat(arrays(fixed)).containsOnlyKeys("input_ids", "token_type_ids");
        assertThat(arrays(fixed).get("input_ids").shape()).containsExactly(3L, 6L);
        assertThat(values(arrays(fixed).get("token_type_ids"))).containsOnly(0);
    }

    @Test
    void textsToCalibrateOnAreThereOnceMoreWithRandomTokens() throws IOException {
        TextFile file = TextFile.read(write("a.csv", "text,label\nab,3\n,1\nabcdef,0\n"));
        List<TensorInfo> inputs = List.of(ids(-1), mask());

        TokenizedTexts plain = file.tokenized(new Letters(4), inputs);
        TokenizedTexts twice = file.withRandomTokens(new Letters(4), inputs, 1);
        double[] ids = values(arrays(twice).get("input_ids"));

        assertThat(twice.longest()).isEqualTo(4);
        assertThat(twice.truncated()).isEqualTo(1);
        assertThat(twice.dataset().samples()).isEqualTo(6);
        assertThat(twice.dataset().labelled()).isFalse();
        assertThat(Arrays.copyOf(ids, 12)).containsExactly(values(arrays(plain).get("input_ids")));
        assertThat(ids[12]).isEqualTo(100);
        assertThat(Arrays.stream(ids, 13, 15)).allMatch(id -> id >= 1 && id <= 26);
        assertThat(Arrays.copyOfRange(ids, 15, 21)).containsExactly(99, 100, 99, 99, 99, 100);
        assertThat(values(arrays(twice).get("attention_mask")))
                .containsExactly(1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1);
        assertThat(twice.dataset().sha256())
                .isEqualTo(file.withRandomTokens(new Letters(4), inputs, 1)
                        .dataset()
                        .sha256())
                .isNotEqualTo(file.withRandomTokens(new Letters(4), inputs, 0.5)
                        .dataset()
                        .sha256());
    }

    @Test
    void modelsThatTakeMoreAreRefused() throws IOException {
        Path path = write("a.txt", "abc\n");
        TextFile file = TextFile.read(path);

        refused(
                () -> file.tokenized(
                        new Letters(9), List.of(new TensorInfo("x", ElementType.FLOAT32, List.of(-1L, 3L)))),
                "The file " + path
                        + " holds texts, which give 'input_ids', 'attention_mask', 'token_type_ids'; the model"
                        + " takes 'x' (float32 [?, 3]). Maybe save its inputs as a .npz with an array of each name.");
        refused(
                () -> file.tokenized(new Letters(9), List.of(ids(3))),
                "The file " + path + " has texts of up to 4 tokens, the model takes 3. Maybe use --max-length 3.");
        assertThat(TextFile.fixedLength(List.of(mask(), ids(3)))).contains(3);
        assertThat(TextFile.fixedLength(List.of(mask(), ids(-1)))).isEmpty();
    }

    @Test
    void labelsAreAColumnOrLines() throws IOException {
        ArrayDataset data = ArrayDataset.of(Map.of("x", Tensor.ofFloats(List.of(3L, 1L), new float[3])));

        Stream.of(
                        write("l.txt", "2\n0\n\n1\n"),
                        write("l.csv", "text,Label\na,2\nb,0\nc,1\n"),
                        write("m.tsv", "class\n2\n0\n1\n"))
                .forEach(file -> {
                    ArrayDataset labelled = data.withLabels(file);
                    assertThat(List.of(labelled.label(0), labelled.label(1), labelled.label(2)))
                            .containsExactly(2, 0, 1);
                });
        assertThat(data.limit(2).withLabels(write("l.txt", "2\n0\n1\n")).samples())
                .isEqualTo(2);
        Path two = write("n.csv", "a,b\n1,2\n");
        refused(
                () -> data.withLabels(two),
                "The file " + two + " has the columns 'a', 'b'; labels are in a column 'label', or the only one.");
        Path wrong = write("w.txt", "2\n\n-1\n0");
        refused(
                () -> data.withLabels(wrong),
                "The file " + wrong + ", line 3, has the label '-1'; a label is a class number from 0.");
        Path few = write("f.txt", "2\n");
        refused(
                () -> data.withLabels(few),
                "The data has 3 samples, the file " + few + " has 1 labels; there must be one label per sample.");
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static Map<String, Tensor> arrays(TokenizedTexts texts) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        texts.dataset()
                .arrays()
                .forEach((name, array) ->
                        tensors.put(name, array.samples(0, array.shape().get(0))));
        return tensors;
    }

    private static TensorInfo ids(long length) {
        return new TensorInfo("input_ids", ElementType.INT64, List.of(-1L, length));
    }

    private static TensorInfo mask() {
        return new TensorInfo("attention_mask", ElementType.INT64, List.of(-1L, -1L));
    }

    private static TensorInfo types() {
        return new TensorInfo("token_type_ids", ElementType.INT64, List.of(-1L, -1L));
    }
}
