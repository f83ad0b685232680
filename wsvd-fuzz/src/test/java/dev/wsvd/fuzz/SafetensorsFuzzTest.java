package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.StoredTensor;
import java.nio.file.Path;

/** A file of tensors by name: read as far as every element. */
class SafetensorsFuzzTest {
    private static final InputFile INPUT = new InputFile("model.safetensors");

    @FuzzTest
    void safetensors(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> Safetensors.open(file))
                .ifPresent(found -> found.tensors().stream()
                        .filter(tensor -> tensor.type().isReal())
                        .forEach(StoredTensor::floats));
    }
}
