package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.evaluation.ImageLayout;
import dev.wsvd.evaluation.ImagePreparation;
import dev.wsvd.evaluation.ImageResize;
import dev.wsvd.evaluation.TextFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Options that say how samples that are no arrays become a model's inputs. */
final class PreparationArguments {
    private static final Pattern SIZES = Pattern.compile("([0-9]{1,5})(?:x([0-9]{1,5}))?");

    @Option(
            names = "--tokenizer",
            paramLabel = "FILE",
            description = "Texts: the tokenizer.json of Hugging Face's tokenizers (default: the one beside the model).")
    private Path tokenizer;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "Texts: use the first N tokens (default: as the tokenizer says, at most 512).")
    private Integer maxLength;

    @Option(
            names = "--resize",
            paramLabel = "N|HxW",
            description =
                    "Images: scale the shorter side to N pixels and cut the centre out, or to HxW (default: they have"
                            + " the model's size).")
    private String resize;

    @Option(
            names = "--mean",
            paramLabel = "NUMBERS",
            description =
                    "Images: the mean, or one by channel with commas between, subtracted from values of 0 … 1 (default: 0).")
    private String mean;

    @Option(
            names = "--std",
            paramLabel = "NUMBERS",
            description =
                    "Images: the standard deviation, or one by channel, divided by after that (default: 1; 1/255 for values of 0 …"
                            + " 255).")
    private String std;

    @Option(
            names = "--layout",
            paramLabel = "nchw|nhwc",
            description = "Images: which dim of the model's input counts channels (default: the one of 1 or 3).")
    private String layout;

    /** The tokenizer's file, if it was given. */
    Optional<Path> tokenizer() {
        return Optional.ofNullable(tokenizer);
    }

    /** How many tokens of a text count, if that was said. */
    OptionalInt maxLength() {
        return maxLength == null ? OptionalInt.empty() : OptionalInt.of(maxLength);
    }

    /**
     * How images become inputs.
     *
     * @throws InvalidInputException if an option's value is none
     */
    ImagePreparation images() {
        return new ImagePreparation(
                Optional.ofNullable(resize).map(PreparationArguments::resize),
                numbers("--mean", mean),
                numbers("--std", std),
                Optional.ofNullable(layout).map(PreparationArguments::layout));
    }

    private static ImageResize resize(String text) {
        Matcher sizes = SIZES.matcher(text);
        if (!sizes.matches()) {
            throw new InvalidInputException("--resize " + text
                    + ": expected the pixels of the shorter side, such as 256, or height and width, such as 224x224.");
        }
        int first = Integer.parseInt(sizes.group(1));
        return sizes.group(2) == null
                ? ImageResize.toShorterSide(first)
                : ImageResize.to(first, Integer.parseInt(sizes.group(2)));
    }

    private static List<Double> numbers(String option, String text) {
        try {
            return text == null
                    ? List.of()
                    : Arrays.stream(text.split(",", -1))
                            .map(PreparationArguments::number)
                            .toList();
        } catch (NumberFormatException e) {
            throw new InvalidInputException(
                    option + " " + text + ": expected one number, or one per channel with commas between.", e);
        }
    }

    /** Also a fraction: 1/255 leaves pixels as they are. */
    private static double number(String text) {
        int slash = text.indexOf('/');
        return slash < 0
                ? Double.parseDouble(text)
                : Double.parseDouble(text.substring(0, slash)) / Double.parseDouble(text.substring(slash + 1));
    }

    private static ImageLayout layout(String text) {
        return switch (text) {
            case "nchw" -> ImageLayout.CHANNELS_FIRST;
            case "nhwc" -> ImageLayout.CHANNELS_LAST;
            default -> throw new InvalidInputException("--layout " + text + ": expected nchw or nhwc.");
        };
    }

    /**
     * @param samples files and folders; those not given are null
     * @throws InvalidInputException if an option says how to use something that was not given
     */
    void requireUsed(List<Path> samples) {
        List<Path> given = samples.stream().filter(Objects::nonNull).toList();
        if (given.stream().noneMatch(TextFile::isNamedSo)) {
            new GivenOptions()
                    .with("--tokenizer", tokenizer != null)
                    .with("--max-length", maxLength != null)
                    .requireNone("is for texts (.txt, .csv, .tsv)", given);
        }
        if (given.stream().noneMatch(Files::isDirectory)) {
            new GivenOptions()
                    .with("--resize", resize != null)
                    .with("--mean", mean != null)
                    .with("--std", std != null)
                    .with("--layout", layout != null)
                    .requireNone("is for folders of images", given);
        }
        images();
        if (maxLength != null && maxLength < 1) {
            throw new InvalidInputException("--max-length must be at least 1, found " + maxLength + ".");
        }
    }
}
