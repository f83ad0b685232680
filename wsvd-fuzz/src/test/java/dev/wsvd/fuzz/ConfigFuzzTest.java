package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.json.JsonConfig;
import dev.wsvd.json.JsonConfig.Key;
import dev.wsvd.json.JsonConfig.Kind;
import java.nio.file.Path;
import java.util.List;

/** What {@code --config} reads; it is read back from what is written of it. */
class ConfigFuzzTest {
    private static final InputFile INPUT = new InputFile("run.json");
    private static final InputFile COPY = new InputFile("copy.json");
    private static final List<Key> KEYS = List.of(
            new Key("model", Kind.TEXT, false),
            new Key("target", Kind.NUMBER, false),
            new Key("layer", Kind.TEXT, true),
            new Key("correct", Kind.FLAG, false));

    @FuzzTest
    void config(byte[] bytes) {
        Path file = INPUT.with(bytes);
        Sentence.orResult(() -> JsonConfig.read(file, "compress", KEYS)).ifPresent(read -> {
            Path copy = COPY.with(new byte[0]);
            JsonConfig.write(copy, "compress", read);
            if (!JsonConfig.read(copy, "compress", KEYS).equals(read)) {
                throw new AssertionError("Not read back as it was written: " + read);
            }
        });
    }
}
