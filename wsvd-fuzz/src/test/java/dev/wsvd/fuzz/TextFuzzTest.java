package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.evaluation.TextFile;
import java.nio.file.Path;

/** A {@code .csv} file of texts. */
class TextFuzzTest {
    private static final InputFile INPUT = new InputFile("texts.csv");

    @FuzzTest
    void csv(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> TextFile.read(file).texts());
    }
}
