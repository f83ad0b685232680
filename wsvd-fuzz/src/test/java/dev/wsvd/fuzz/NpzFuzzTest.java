package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;

/** A {@code .npz} file of inputs: read as far as every sample. */
class NpzFuzzTest {
    private static final InputFile INPUT = new InputFile("inputs.npz");

    @FuzzTest
    void npz(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> ArrayDataset.load(file).sha256());
    }
}
