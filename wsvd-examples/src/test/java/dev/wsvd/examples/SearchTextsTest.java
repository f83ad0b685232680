package dev.wsvd.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.selection.ManualChoice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sentence encoder that is compressed still runs in LangChain4j, and still finds. */
class SearchTextsTest {
    @TempDir
    Path folder;

    @Test
    void aCompressedEncoderFindsWhatTheOriginalFinds() throws IOException {
        Path model = unpacked("all-minilm-l6-v2.onnx");
        Path tokenizer = unpacked("all-minilm-l6-v2-tokenizer.json");
        Path small = folder.resolve("small.onnx");
        List<String> texts = Files.readAllLines(Path.of("..", "demo", "minilm", "sentences.txt"));
        String question = "When does the bus to the airport go?";
        try (var result = ModelCompressor.of(
                        OpenedModel.of(model, OpenOptions.DEFAULT).model())
                .parameters(CompressionParameters.manual(
                        Map.of("*layer.2/attention/self/*/MatMul", new ManualChoice.ToRank(160))))
                .compress()
                .model()) {
            result.save(small);
        }

        List<String> before =
                SearchTexts.nearest(new OnnxEmbeddingModel(model, tokenizer, PoolingMode.MEAN), texts, question);
        List<String> after =
                SearchTexts.nearest(new OnnxEmbeddingModel(small, tokenizer, PoolingMode.MEAN), texts, question);

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

    private Path unpacked(String resource) throws IOException {
        try (InputStream in = SearchTextsTest.class.getResourceAsStream("/" + resource)) {
            Files.copy(in, folder.resolve(resource));
        }
        return folder.resolve(resource);
    }
}
