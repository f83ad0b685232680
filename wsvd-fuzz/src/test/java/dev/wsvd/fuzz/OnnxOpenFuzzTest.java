package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.domain.spi.OpenOptions;
import java.nio.file.Path;

/** Bytes as an ONNX file: recognised, parsed, checked and digested, all without the engine. */
class OnnxOpenFuzzTest {
    private static final InputFile INPUT = new InputFile("model.onnx");
    private static final OnnxFormat ONNX = new OnnxFormat();

    @FuzzTest
    void open(byte[] bytes) {
        Path file = INPUT.with(bytes);
        ONNX.accepts(file);
        Sentence.orResult(() -> {
            try (var model = ONNX.open(file, OpenOptions.DEFAULT)) {
                return model.identity();
            }
        });
    }
}
