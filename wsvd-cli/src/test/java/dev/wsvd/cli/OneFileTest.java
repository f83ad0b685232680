package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the weights of a model are written that had them in a second file. */
class OneFileTest {
    @TempDir
    Path folder;

    private Path model;
    private Path small;

    @BeforeEach
    void writeAModelWithExternalData() throws IOException {
        model = folder.resolve("model.onnx");
        TinyModel.writeWithExternalData(model, "model.data");
        small = Files.createDirectory(folder.resolve("out")).resolve("small.onnx");
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(small.getParent())) {
            return files.count();
        }
    }

    @Test
    void weightsAreInASecondFileAgain() throws IOException {
        Call call = Call.of("compress", model, "-o", small, "--layer", "fc=rank:20");

        assertThat(call.exitCode()).isZero();
        assertThat(files()).isEqualTo(2);
    }

    @Test
    void withOneFileTheyAreInside() throws IOException {
        Call call = Call.of("compress", model, "-o", small, "--layer", "fc=rank:20", "--one-file");

        assertThat(call.exitCode()).isZero();
        assertThat(call.err()).doesNotContain("one file");
        assertThat(files()).isEqualTo(1);
        assertThat(ModelProto.parseFrom(Files.readAllBytes(small)).getGraph().getInitializerList())
                .allMatch(TensorProto::hasRawData)
                .extracting(TensorProto::getName)
                .containsExactlyInAnyOrder("fc_svd_a_weight", "fc_svd_b_weight", "w2");
    }

    @Test
    void quantizeTakesItToo() throws IOException {
        Call call = Call.of("quantize", model, "-o", small, "--one-file");

        assertThat(call.exitCode()).isZero();
        assertThat(files()).isEqualTo(1);
    }
}
