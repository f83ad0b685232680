package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.json.JsonScores;
import java.nio.file.Path;
import org.assertj.core.api.Assertions;

/** {@code scores.json}: what is read is what was meant, and can be written again. */
class ScoresFuzzTest {
    private static final InputFile INPUT = new InputFile("scores.json");
    private static final InputFile COPY = new InputFile("copy.json");

    @FuzzTest
    void scores(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> JsonScores.at(file).load()).ifPresent(scores -> {
            JsonScores copy = JsonScores.at(COPY.with(new byte[0]));
            copy.save(scores.orElseThrow());
            Assertions.assertThat(copy.load()).isEqualTo(scores);
        });
    }
}
