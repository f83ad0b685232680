package dev.wsvd.fuzz;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The models among the inputs of {@link OnnxOpenFuzzTest}, parsed, to start from. */
final class OnnxSeeds {
    private OnnxSeeds() {}

    static Stream<ModelProto> models() {
        try {
            Path folder = Path.of(
                    OnnxSeeds.class.getResource("OnnxOpenFuzzTestInputs").toURI());
            List<Path> files;
            try (Stream<Path> all = Files.list(folder)) {
                files = all.filter(file -> file.getFileName().toString().startsWith("model-"))
                        .sorted()
                        .toList();
            }
            return files.stream().map(OnnxSeeds::parse);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ModelProto parse(Path file) {
        try {
            return ModelProto.parseFrom(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
