package dev.wsvd.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sentence encoder that is compressed still runs in LangChain4j, and still finds. */
class SearchTextsTest {
    @TempDir
    Path folder;

    @Test
    void aCompressedEncoderFindsWhatTheOriginalFinds() throws IOException {
        SmallEncoder files = SmallEncoder.in(folder);
        Path tokenizer = files.tokenizer();
        List<String> texts = Files.readAllLines(Path.of("..", "demo", "minilm", "sentences.txt"));
        String question = "When does the bus to the airport go?";

        List<String> before = SearchTexts.nearest(
                new OnnxEmbeddingModel(files.model(), tokenizer, PoolingMode.MEAN), texts, question);
        List<String> after = SearchTexts.nearest(
                new OnnxEmbeddingModel(files.small(), tokenizer, PoolingMode.MEAN), texts, question);

        assertThat(before.get(0)).isEqualTo("The bus stops in front of the school and at the hospital.");
        assertThat(after.get(0)).isEqualTo(before.get(0));
        assertThat(after).hasSameSizeAs(texts).isNotEqualTo(before);
    }

    @Test
    void thePageShowsTheProgramAsItIs() throws IOException {
        String program = Files.readString(Path.of("src/main/java/dev/wsvd/examples/SearchTexts.java"));
        String body = program.substring(
                program.indexOf("        EmbeddingModel encoder"), program.indexOf("    }\n\n    /** The texts"));

        assertThat(Files.readString(Path.of("..", "docs", "embeddings.md")))
                .contains(body.stripTrailing().stripIndent());
    }
}
