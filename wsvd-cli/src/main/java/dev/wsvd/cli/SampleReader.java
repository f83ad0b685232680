package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import dev.wsvd.domain.spi.Tokenizer;
import dev.wsvd.domain.spi.TokenizerFormat;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.ImageFolder;
import dev.wsvd.evaluation.TextFile;
import dev.wsvd.evaluation.TokenizedTexts;
import dev.wsvd.pipeline.resolve.LinkFailures;
import dev.wsvd.pipeline.resolve.Resolver;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Reads samples for a model: arrays as they are, texts and images as the model's inputs. */
final class SampleReader {
    private static final String TOKENIZER = "tokenizer.json";

    private final PreparationArguments how;
    private final ModelArguments modelArguments;
    private final Path model;
    private final Console console;
    private Optional<List<TensorInfo>> inputs = Optional.empty();

    /** @param model what the samples are for; opened only if they are no arrays */
    SampleReader(PreparationArguments how, ModelArguments modelArguments, Path model, Console console) {
        this.how = how;
        this.modelArguments = modelArguments;
        this.model = model;
        this.console = console;
    }

    /**
     * The samples in a file or a folder, with labels where these have them.
     *
     * @throws InvalidInputException if they cannot be read, or do not fit the model
     */
    ArrayDataset read(Path samples) {
        return read(samples, 0);
    }

    /**
     * Samples to calibrate on, without labels. Each text is there once more with random tokens among its own.
     *
     * @param randomTokens the share of these, 0 for no second time
     * @throws InvalidInputException as {@link #read(Path)}
     */
    ArrayDataset readForCalibration(Path samples, double randomTokens) {
        return read(samples, randomTokens).withoutLabels();
    }

    private ArrayDataset read(Path samples, double randomTokens) {
        if (Files.isDirectory(samples)) {
            return images(samples);
        }
        return TextFile.isNamedSo(samples) ? texts(samples, randomTokens) : ArrayDataset.load(samples);
    }

    private ArrayDataset images(Path samples) {
        ImageFolder images = ImageFolder.of(samples);
        ArrayDataset dataset = images.prepared(how.images(), inputs());
        console.progress().onEvent(new Notice(note(samples, images)));
        return dataset;
    }

    /** The files of a model, and the tokenizer beside them if there is one. */
    static List<Path> withTokenizer(List<Path> files) {
        return Stream.concat(
                        files.stream(),
                        files.stream()
                                .limit(1)
                                .map(file -> file.resolveSibling(TOKENIZER))
                                .filter(Files::isRegularFile))
                .toList();
    }

    private static String note(Path samples, ImageFolder images) {
        List<String> classes = images.classes();
        return samples.getFileName() + ": " + images.size() + " images"
                + (classes.isEmpty()
                        ? ""
                        : " in " + classes.size() + " classes, '" + classes.get(0) + "' is 0"
                                + (classes.size() == 1
                                        ? ""
                                        : " and '" + classes.get(classes.size() - 1) + "' is " + (classes.size() - 1)))
                + ".";
    }

    private ArrayDataset texts(Path samples, double randomTokens) {
        TextFile texts = TextFile.read(samples);
        Path file = tokenizerFile(samples);
        TokenizerFormat format = Resolver.tokenizers().resolve(Optional.empty()).create();
        Optional<Integer> fixed = TextFile.fixedLength(inputs());
        try (Tokenizer tokenizer = LinkFailures.explained(() -> open(format, file, fixed))) {
            TokenizedTexts tokenized = randomTokens == 0
                    ? texts.tokenized(tokenizer, inputs())
                    : texts.withRandomTokens(tokenizer, inputs(), randomTokens);
            String note = note(samples, texts, file, tokenizer.maxLength(), tokenized);
            console.progress().onEvent(new Notice(note + again(randomTokens) + "."));
            return tokenized.dataset();
        }
    }

    private Tokenizer open(TokenizerFormat format, Path file, Optional<Integer> fixed) {
        Tokenizer tokenizer = format.open(file, how.maxLength());
        if (how.maxLength().isPresent() || fixed.isEmpty() || tokenizer.maxLength() <= fixed.get()) {
            return tokenizer;
        }
        tokenizer.close();
        return format.open(file, OptionalInt.of(fixed.get()));
    }

    private Path tokenizerFile(Path samples) {
        Path file = how.tokenizer().orElseGet(() -> model.resolveSibling(TOKENIZER));
        if (how.tokenizer().isEmpty() && !Files.exists(file)) {
            throw new InvalidInputException("'" + samples + "' holds texts, and there is no " + TOKENIZER
                    + " beside the model '" + model + "'. Maybe give one with --tokenizer FILE.");
        }
        return Files.isDirectory(file) ? file.resolve(TOKENIZER) : file;
    }

    private static String note(Path samples, TextFile texts, Path tokenizer, int limit, TokenizedTexts tokenized) {
        return samples.getFileName() + ": " + texts.texts().size() + " texts"
                + texts.column().map(name -> " in column '" + name + "'").orElse("") + ", by "
                + tokenizer.getFileName() + " at most " + tokenized.longest() + " tokens; "
                + (tokenized.truncated() == 0 ? "none" : tokenized.truncated()) + " cut at the longest length, "
                + limit;
    }

    private static String again(double randomTokens) {
        return randomTokens == 0
                ? ""
                : "; each once more with "
                        + BigDecimal.valueOf(randomTokens)
                                .movePointRight(2)
                                .stripTrailingZeros()
                                .toPlainString()
                        + " % of its tokens random";
    }

    private List<TensorInfo> inputs() {
        if (inputs.isEmpty()) {
            inputs = Optional.of(modelArguments.inputs(model));
        }
        return inputs.get();
    }
}
