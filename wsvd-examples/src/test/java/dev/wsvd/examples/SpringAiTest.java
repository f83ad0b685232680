package dev.wsvd.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.transformers.TransformersEmbeddingModel;

/** A sentence encoder that is compressed still runs in Spring AI, and still finds. */
class SpringAiTest {
    @TempDir
    Path folder;

    @Test
    void aCompressedEncoderFindsWhatTheOriginalFinds() throws Exception {
        SmallEncoder files = SmallEncoder.in(folder);
        List<String> texts = texts();
        String question = "When does the bus to the airport go?";
        EmbeddingModel original = encoder(files.model(), files.tokenizer());
        EmbeddingModel small = encoder(files.small(), files.tokenizer());

        String found = nearest(original, texts, question);

        assertThat(found).isEqualTo("The bus stops in front of the school and at the hospital.");
        assertThat(nearest(small, texts, question)).isEqualTo(found);
        assertThat(small.embed(question)).hasSize(384).isNotEqualTo(original.embed(question));
    }

    private static List<String> texts() throws IOException {
        return Files.readAllLines(Path.of("..", "demo", "minilm", "sentences.txt"));
    }

    private static EmbeddingModel encoder(Path small, Path tokenizer) throws Exception {
        TransformersEmbeddingModel encoder = new TransformersEmbeddingModel();
        encoder.setModelResource(small.toUri().toString());
        encoder.setTokenizerResource(tokenizer.toUri().toString());
        encoder.setModelOutputName("output_0");
        encoder.afterPropertiesSet();
        return encoder;
    }

    private static String nearest(EmbeddingModel encoder, List<String> texts, String question) {
        float[] asked = encoder.embed(question);
        return texts.stream()
                .max(Comparator.comparingDouble(text -> cosine(encoder.embed(text), asked)))
                .orElseThrow();
    }

    private static double cosine(float[] a, float[] b) {
        return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
    }

    private static double product(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
