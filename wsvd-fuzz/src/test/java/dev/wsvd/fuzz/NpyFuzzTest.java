package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;

/** A {@code .npy} file of inputs: read as far as every sample. */
class NpyFuzzTest {
    private static final InputFile INPUT = new InputFile("inputs.npy");

    @FuzzTest
    void npy(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> ArrayDataset.load(file).sha256());
    }
}
