package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;

/** What models are scored by. */
enum Scoring {
    ACCURACY,
    FIDELITY,
    EMBEDDING;

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws InvalidInputException if a text names none */
    static Scoring parse(String text) {
        return Arrays.stream(values())
                .filter(scoring -> scoring.text().equals(text))
                .findFirst()
                .orElseThrow(() ->
                        new InvalidInputException("--score " + text + ": expected accuracy, fidelity or embedding."));
    }
}
