package dev.wsvd.examples;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Searches texts through LangChain4j by a compressed sentence encoder. Arguments: model, tokenizer, texts by line, question. */
public final class SearchTexts {
    private SearchTexts() {}

    public static void main(String[] args) throws IOException {
        EmbeddingModel encoder = new OnnxEmbeddingModel(Path.of(args[0]), Path.of(args[1]), PoolingMode.MEAN);
        List<String> texts = Files.readAllLines(Path.of(args[2]));

        nearest(encoder, texts, args[3]).stream().limit(3).forEach(System.out::println);
    }

    /** The texts, that which is nearest to the question first. */
    static List<String> nearest(EmbeddingModel encoder, List<String> texts, String question) {
        Embedding asked = encoder.embed(question).content();
        List<Embedding> vectors =
                encoder.embedAll(texts.stream().map(TextSegment::from).toList()).content();
        double[] nearness = vectors.stream()
                .mapToDouble(vector -> CosineSimilarity.between(asked, vector))
                .toArray();
        return IntStream.range(0, nearness.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer text) -> nearness[text])
                        .reversed())
                .map(texts::get)
                .toList();
    }
}
