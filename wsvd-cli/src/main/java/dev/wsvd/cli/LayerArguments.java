package dev.wsvd.cli;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.selection.ManualChoice;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options that say what is done to single layers. */
final class LayerArguments {
    private static final String RANK = "rank:";

    @Option(
            names = "--layer",
            paramLabel = "NAME=RATIO|rank:K",
            description =
                    "Manual: split the layers of this name or glob to a ratio or a rank, or cut the units that they name"
                            + " to K of them; may be repeated. With --target, the model must meet it.")
    private List<String> layers = new ArrayList<>();

    boolean given() {
        return !layers.isEmpty();
    }

    /**
     * By name or glob.
     *
     * @throws InvalidInputException if there is none, one twice, or one that is not understood
     */
    Map<String, ManualChoice> choices() {
        if (layers.isEmpty()) {
            throw new InvalidInputException(
                    "Manual selection needs at least one --layer NAME=RATIO or --layer NAME=rank:K.");
        }
        Map<String, ManualChoice> choices = new LinkedHashMap<>();
        for (String text : layers) {
            int equals = text.lastIndexOf('=');
            if (equals < 1) {
                throw notUnderstood(text);
            }
            String name = text.substring(0, equals);
            if (choices.put(name, choice(text, text.substring(equals + 1))) != null) {
                throw new InvalidInputException("--layer is given twice for '" + name + "', the second time as " + text
                        + ". Maybe leave out one.");
            }
        }
        return choices;
    }

    private static ManualChoice choice(String text, String value) {
        try {
            return value.startsWith(RANK)
                    ? new ManualChoice.ToRank(Integer.parseInt(value.substring(RANK.length())))
                    : new ManualChoice.ToRatio(CompressionRatio.of(new BigDecimal(value)));
        } catch (NumberFormatException e) {
            throw notUnderstood(text);
        }
    }

    private static InvalidInputException notUnderstood(String text) {
        return new InvalidInputException(
                "--layer " + text + ": expected NAME=RATIO or NAME=rank:K, such as conv2=0.5 or conv2=rank:12.");
    }
}
