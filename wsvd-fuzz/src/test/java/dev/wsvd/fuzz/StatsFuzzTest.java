package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.json.JsonStats;
import java.nio.file.Path;

/** {@code stats.json}. */
class StatsFuzzTest {
    private static final InputFile INPUT = new InputFile("stats.json");

    @FuzzTest
    void stats(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> JsonStats.read(file));
    }
}
