package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.Tokenizer;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Texts in a file, in UTF-8: {@code .txt} with one on each line that is not blank, or {@code .csv} or {@code .tsv} with a header
 * (fields as in RFC 4180). The column of texts is {@code text}, else the first besides {@code label} that holds anything but
 * numbers; {@code label}, where it is there, holds class numbers.
 */
public final class TextFile {
    private static final String TEXT = "text";
    private static final String LABEL = "label";
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final String source;
    private final List<String> texts;
    private final Optional<String> column;
    private final Optional<int[]> labels;

    private TextFile(String source, List<String> texts, Optional<String> column, Optional<int[]> labels) {
        this.source = source;
        this.texts = texts;
        this.column = column;
        this.labels = labels;
    }

    /** Whether a file's name says that it holds texts. */
    public static boolean isNamedSo(Path file) {
        return List.of("txt", "csv", "tsv").contains(extension(file));
    }

    /**
     * Reads a file.
     *
     * @throws InvalidInputException if it does not exist, is not in UTF-8, or holds no texts
     */
    public static TextFile read(Path file) {
        String source = NpyFiles.named(file);
        if (extension(file).equals("txt")) {
            return new TextFile(source, lines(file), Optional.empty(), Optional.empty()).requireTexts();
        }
        Columns columns = columns(file);
        int texts = columns.indexOf(TEXT).orElseGet(() -> firstOfTexts(columns, source));
        Optional<int[]> labels = columns.indexOf(LABEL).map(label -> classes(columns, label, source));
        return new TextFile(source, columns.values(texts), Optional.of(columns.header.get(texts)), labels)
                .requireTexts();
    }

    /**
     * The class numbers in a file: one on each line of a {@code .txt}, or the column {@code label}, else the only one.
     *
     * @throws InvalidInputException if the file holds anything else
     */
    static int[] readLabels(Path file) {
        String source = NpyFiles.named(file);
        if (extension(file).equals("txt")) {
            List<DelimitedText.Record> records = new ArrayList<>();
            List<String> lines = decoded(file).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (!lines.get(i).isBlank()) {
                    records.add(new DelimitedText.Record(i + 1, List.of(lines.get(i))));
                }
            }
            return classes(new Columns(List.of(LABEL), records), 0, source);
        }
        Columns columns = columns(file);
        int label = columns.indexOf(LABEL).orElseGet(() -> {
            if (columns.header.size() == 1) {
                return 0;
            }
            throw new InvalidInputException(source + " has the columns " + Feed.quoted(columns.header)
                    + "; labels are in a column 'label', or the only one.");
        });
        return classes(columns, label, source);
    }

    /** The texts, at least one. */
    public List<String> texts() {
        return texts;
    }

    /** The name of the column they are in, if there are columns. */
    public Optional<String> column() {
        return column;
    }

    /**
     * How many tokens a model's inputs have, where it fixes that.
     *
     * @param inputs the model's inputs
     */
    public static Optional<Integer> fixedLength(List<TensorInfo> inputs) {
        return TokenizedTexts.fixedLength(inputs);
    }

    /**
     * These texts as a model's inputs, with the file's labels if it has any.
     *
     * @param inputs the model's inputs: {@code input_ids} and perhaps {@code attention_mask} and {@code token_type_ids}
     * @throws InvalidInputException if the model takes anything else
     */
    public TokenizedTexts tokenized(Tokenizer tokenizer, List<TensorInfo> inputs) {
        return TokenizedTexts.of(this, tokenizer, inputs);
    }

    /**
     * These texts as inputs that a model is calibrated on: first each as it is, then each once more with some of its tokens exchanged
     * for random ones of the vocabulary, the same ones every time, so that more of the vocabulary is seen. Without labels.
     *
     * @param inputs as for {@link #tokenized}
     * @param share how probable it is that a token is exchanged, 0 … 1; special ones never are
     * @throws InvalidInputException if the model takes anything else
     */
    public TokenizedTexts withRandomTokens(Tokenizer tokenizer, List<TensorInfo> inputs, double share) {
        return TokenizedTexts.withRandomTokens(this, tokenizer, inputs, share);
    }

    Optional<int[]> labels() {
        return labels;
    }

    String source() {
        return source;
    }

    private TextFile requireTexts() {
        if (texts.isEmpty()) {
            throw new InvalidInputException(source + " holds no texts.");
        }
        return this;
    }

    /**
     * A file with a header.
     *
     * @param records all of as many fields as the header
     */
    private record Columns(List<String> header, List<DelimitedText.Record> records) {
        Optional<Integer> indexOf(String name) {
            return IntStream.range(0, header.size())
                    .filter(i -> header.get(i).strip().equalsIgnoreCase(name))
                    .boxed()
                    .findFirst();
        }

        List<String> values(int column) {
            return records.stream().map(row -> row.fields().get(column)).toList();
        }
    }

    private static Columns columns(Path file) {
        String source = NpyFiles.named(file);
        char delimiter = extension(file).equals("tsv") ? '\t' : ',';
        List<DelimitedText.Record> records = DelimitedText.records(decoded(file), delimiter, source);
        if (records.isEmpty()) {
            throw new InvalidInputException(source + " is empty; its first line names the columns.");
        }
        List<String> header = records.get(0).fields();
        for (DelimitedText.Record row : records) {
            if (row.fields().size() != header.size()) {
                throw new InvalidInputException(source + ", line " + row.line() + ", has "
                        + row.fields().size() + " fields, its header has " + header.size()
                        + ". Maybe a field that holds a delimiter needs quotes.");
            }
        }
        return new Columns(header, records.subList(1, records.size()));
    }

    private static int firstOfTexts(Columns columns, String source) {
        return IntStream.range(0, columns.header.size())
                .filter(i -> !columns.header.get(i).strip().equalsIgnoreCase(LABEL))
                .filter(i -> !columns.values(i).stream().allMatch(TextFile::isNumber))
                .findFirst()
                .orElseThrow(() -> new InvalidInputException(source + " has the columns " + Feed.quoted(columns.header)
                        + " and no texts in them. Maybe its first line is no header."));
    }

    private static boolean isNumber(String value) {
        return value.strip().matches("[-+]?[0-9]*+([.][0-9]*+)?([eE][-+]?[0-9]++)?");
    }

    private static int[] classes(Columns columns, int column, String source) {
        int[] classes = new int[columns.records.size()];
        for (int i = 0; i < classes.length; i++) {
            String value = columns.records.get(i).fields().get(column).strip();
            if (!value.matches("[0-9]{1,9}")) {
                throw new InvalidInputException(source + ", line "
                        + columns.records.get(i).line() + ", has the label '" + value
                        + "'; a label is a class number from 0.");
            }
            classes[i] = Integer.parseInt(value);
        }
        return classes;
    }

    private static List<String> lines(Path file) {
        return decoded(file).lines().filter(line -> !line.isBlank()).toList();
    }

    private static String decoded(Path file) {
        NpyFiles.requireFile(file);
        try {
            String text = Files.readString(file);
            return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new InvalidInputException(
                    NpyFiles.named(file) + " is not in UTF-8. Maybe save it in that encoding.", e);
        } catch (IOException e) {
            throw NpyFiles.unreadable(file, e);
        }
    }

    private static String extension(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
