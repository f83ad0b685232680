package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.shape.InputShapes;
import dev.wsvd.adapter.onnx.internal.shape.LayerShapes;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that contradicts itself, or was made to do harm, gives one clear error. */
class UntrustedFilesTest {
    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    @Test
    void aMissingFile() {
        Path file = folder.resolve("nowhere.onnx");
        refused(file, InvalidInputException.class, "There is no file '" + file + "'.");
    }

    @Test
    void aFolder() {
        refused(folder, InvalidInputException.class, "'" + folder + "' is not a file.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "# A model card\n\nThis is not a model, but says how to get one.\n",
                "\n{\"a\":1}",
                "\"Quoted\""
            })
    void aTextRenamed(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("model.onnx"), text);
        refused(file, InvalidInputException.class, "'" + file + "' is not an ONNX model.");
    }

    @Test
    void anArchiveRenamed() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("model.onnx"));
            zip.write(model().toByteArray());
        }
        refused(file, InvalidInputException.class, "'" + file + "' is not an ONNX model.");
    }

    @Test
    void aTruncatedModel() throws IOException {
        byte[] whole = OnnxFormatContractTest.example().toByteArray();
        for (int length = 2; length < whole.length; length += 97) {
            Path file = Files.write(folder.resolve("model.onnx"), java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT)).isInstanceOf(WsvdException.class);
        }
    }

    @Test
    void theMessageOfATruncatedModel() throws IOException {
        byte[] whole = model().toByteArray();
        Path file = Files.write(folder.resolve("model.onnx"), java.util.Arrays.copyOf(whole, whole.length - 9));
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file + "' cannot be read as an ONNX model: it is truncated or corrupt.");
    }

    @Test
    void aFileBeyondTheFormatsLimit() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(new byte[] {8, 8});
            sparse.setLength(3L << 30);
        }
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' has 3,221,225,472 bytes; an ONNX file has at most 2,147,483,647."
                        + " Maybe save the model with external data.");
    }

    /** Zeros are no protobuf fields, and two gigabytes of them must not be read to notice. */
    @Test
    void manyZeros() throws IOException {
        Path file = folder.resolve("model.onnx");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(new byte[] {8, 8});
            sparse.setLength(1L << 30);
        }
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' cannot be read as an ONNX model: it is truncated or corrupt.");
    }

    @Test
    void deepNesting() throws IOException {
        GraphProto graph = GraphProto.newBuilder().setName("innermost").build();
        for (int i = 0; i < 200; i++) {
            graph = GraphProto.newBuilder()
                    .addNode(nodeOf("If", "if" + i, List.of("c"), "o" + i, attribute("then_branch", graph)))
                    .build();
        }
        Path file = write(model().toBuilder().setGraph(graph).build());
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' cannot be read as an ONNX model: its parts are nested more than 100 deep.");
    }

    @Test
    void nestingThatTheEngineTakes() throws IOException {
        GraphProto graph = GraphProto.newBuilder().setName("innermost").build();
        for (int i = 0; i < 25; i++) {
            graph = GraphProto.newBuilder()
                    .addNode(nodeOf("If", "if" + i, List.of("c"), "o" + i, attribute("then_branch", graph)))
                    .build();
        }
        assertThat(open(model().toBuilder().setGraph(graph).build()).layers()).isEmpty();
    }

    @Test
    void negativeDims() throws IOException {
        Path file = write(withWeight(weight().clearDims().addDims(-6).addDims(-5)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' has a negative dim: [-6, -5].");
    }

    @Test
    void hugeDims() throws IOException {
        Path file = write(withWeight(weight().clearDims().addDims(1L << 40).addDims(1L << 40)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' has dims beyond all bounds: [1099511627776, 1099511627776].");
    }

    @Test
    void dimsThatDoNotFitTheBytes() throws IOException {
        Path file = write(withWeight(weight().clearDims().addDims(1 << 20).addDims(1 << 20)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [1048576, 1048576]) needs 4398046511104 bytes,"
                        + " found 120.");
    }

    @Test
    void dimsThatDoNotFitTheValues() throws IOException {
        Path file = write(withWeight(weight().clearRawData().addFloatData(1)));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [6, 5]) needs 30 values, found 1.");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bytesAndValuesAtOnce(boolean external) throws IOException {
        TensorProto.Builder weight = weight().addFloatData(1);
        if (external) {
            Files.write(folder.resolve("data.bin"), new byte[120]);
            ExternalFiles.refer(weight.clearRawData(), "data.bin", "0", "120");
        }
        Path file = write(withWeight(weight));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' has its values twice, as bytes and as numbers.");
    }

    /** Only types of 4 bits are packed. */
    @ParameterizedTest
    @ValueSource(ints = {15, 60})
    void halvesThatArePacked(int values) throws IOException {
        TensorProto.Builder weight = weight().clearRawData().setDataType(DataType.FLOAT16_VALUE);
        for (int i = 0; i < values; i++) {
            weight.addInt32Data(0x3c00);
        }
        Path file = write(withWeight(weight));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float16 [6, 5]) needs 30 values, found " + values + ".");
    }

    @Test
    void noBytesAtAll() throws IOException {
        Path file = write(withWeight(weight().clearRawData()));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [6, 5]) needs 30 values, found 0.");
    }

    @Test
    void aTensorStoredTwice() throws IOException {
        ModelProto.Builder model = model().toBuilder();
        model.getGraphBuilder().addInitializer(weight());
        Path file = write(model.build());
        refused(file, ModelFormatException.class, "'" + file + "' is corrupt: tensor 'w' is stored twice.");
    }

    @Test
    void aValueGivenTwice() throws IOException {
        ModelProto.Builder model = model().toBuilder();
        model.getGraphBuilder().addNode(nodeOf("Relu", "again", List.of("x"), "y"));
        Path file = write(model.build());
        refused(file, ModelFormatException.class, "'" + file + "' is corrupt: tensor 'y' gets its value twice.");
    }

    @Test
    void aCycle() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .node("Add", "one", List.of("x", "b"), "a")
                .node("Relu", "two", List.of("a"), "b")
                .output("b")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 0 (Add 'one') waits for its own result: the graph has a cycle.");
    }

    @Test
    void aCycleOfIdentitiesInFrontOfAWeight() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 2, 6)
                .node("Identity", "one", List.of("b"), "a")
                .node("Transpose", "two", List.of("a"), "b")
                .node("MatMul", "fc", List.of("x", "b"), "y")
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 0 (Identity 'one') waits for its own result: the graph has a cycle.");
    }

    @Test
    void aCycleThroughABody() throws IOException {
        GraphProto body = GraphProto.newBuilder()
                .addNode(nodeOf("Relu", "inner", List.of("y"), "o"))
                .addOutput(ModelBuilder.value("o", DataType.FLOAT_VALUE, 2))
                .build();
        ModelProto model = new ModelBuilder()
                .input("c", 1)
                .node("If", "if", List.of("c"), "y", attribute("then_branch", body), attribute("else_branch", body))
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 0 (If 'if') waits for its own result: the graph has a cycle.");
    }

    @Test
    void aLongChainOfIdentitiesIsOnlyNotFollowed() throws IOException {
        ModelBuilder builder = new ModelBuilder().input("x", 2, 6).weight("i0", 6, 5);
        for (int i = 0; i < 20_000; i++) {
            builder.node("Identity", "", List.of("i" + i), "i" + (i + 1));
        }
        builder.node("MatMul", "fc", List.of("x", "i20000"), "y").output("y");
        CompressibleModel<OnnxModel> model = open(builder.build());
        assertThat(model.layers()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/hostname, it is outside the model's folder. Maybe copy the data file beside the model",
        "../outside.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "sub/../../outside.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "link.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "linked/outside.bin, it is outside the model's folder. Maybe copy the data file beside the model",
        "missing.bin, there is no such file",
        "., there is no such file",
        "'', the location is missing"
    })
    void externalDataElsewhere(String location, String reason) throws IOException {
        Path inner = Files.createDirectories(folder.resolve("inner"));
        Files.write(folder.resolve("outside.bin"), new byte[120]);
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("outside.bin"));
        Files.createSymbolicLink(inner.resolve("linked"), folder);
        ModelProto model = withWeight(ExternalFiles.refer(weight().clearRawData(), location, "0", "120"));
        Path file = Files.write(inner.resolve("model.onnx"), model.toByteArray());
        refused(
                file,
                ModelFormatException.class,
                "The external data '" + location + "' of tensor 'w' cannot be read: " + reason + ".");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 120, 'bytes 1 … 1+120 are beyond the file''s end at 120'",
        "0, 9000000000, 'bytes 0 … 0+9000000000 are beyond the file''s end at 120'",
        "-1, 120, 'its offset is ''-1'', not a number of bytes'",
        "99999999999999999999, 120, 'its offset is ''99999999999999999999'', not a number of bytes'",
        "0, x, 'its length is ''x'', not a number of bytes'"
    })
    void externalDataBeyondTheFile(String offset, String length, String reason) throws IOException {
        Files.write(folder.resolve("data.bin"), new byte[120]);
        Path file = write(withWeight(ExternalFiles.refer(weight().clearRawData(), "data.bin", offset, length)));
        refused(
                file,
                ModelFormatException.class,
                "The external data 'data.bin' of tensor 'w' cannot be read: " + reason + ".");
    }

    @Test
    void externalDataOfAnotherSize() throws IOException {
        Files.write(folder.resolve("data.bin"), new byte[200]);
        Path file = write(withWeight(ExternalFiles.refer(weight().clearRawData(), "data.bin", "0", "100")));
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: tensor 'w' (float32 [6, 5]) needs 120 bytes, found 100.");
    }

    @Test
    void aDeclaredDimBeyondAllBounds() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 1, 5, Long.MAX_VALUE)
                .weight("w", 1, 1, 3, 3)
                .node(
                        "Conv",
                        "conv",
                        List.of("x", "w"),
                        "y",
                        attribute("auto_pad", "SAME_LOWER"),
                        attribute("strides", List.of(2L, 2L)))
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: 'x' has a dim of 9223372036854775807, at most 2147483647 is possible.");
    }

    @Test
    void hugeInputsAreNotRun() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1L << 30, 1L << 20)
                .weight("w", 6, 5)
                .node("NonZero", "", List.of("x"), "n")
                .node("Cast", "", List.of("n"), "f", attribute("to", 1))
                .node("MatMul", "fc", List.of("f", "w"), "y")
                .output("y")
                .build();
        assertThat(open(model).layers())
                .extracting(l -> l.obstacle().orElse(""))
                .containsExactly(
                        "output size unknown: ONNX Runtime cannot tell. Maybe give the sizes of the model's inputs");
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aLoopWithoutEndIsNotWaitedFor() {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addInput(ModelBuilder.value("i", DataType.INT64_VALUE))
                .addInput(ModelBuilder.value("on", DataType.BOOL_VALUE))
                .addInput(ModelBuilder.value("v", DataType.FLOAT_VALUE, 1, 6))
                .addNode(nodeOf("Identity", "", List.of("on"), "still"))
                .addNode(nodeOf("Neg", "", List.of("v"), "next"))
                .addOutput(ModelBuilder.value("still", DataType.BOOL_VALUE))
                .addOutput(ModelBuilder.value("next", DataType.FLOAT_VALUE, 1, 6))
                .build();
        ModelProto model = new ModelBuilder()
                .input("x", 1, 6)
                .weight("w", 2, 5)
                .stored(ModelBuilder.longs("trips", new long[] {1L << 62}))
                .node("Loop", "loop", List.of("trips", "", "x"), "last", attribute("body", body))
                .node("NonZero", "", List.of("last"), "where")
                .node("Transpose", "", List.of("where"), "pairs")
                .node("Cast", "", List.of("pairs"), "f", attribute("to", 1))
                .node("MatMul", "fc", List.of("f", "w"), "y")
                .output("y")
                .build();
        InputShapes inputs = new InputShapes(model.getGraph(), OpenOptions.DEFAULT);
        assertThat(LayerShapes.measure(
                        model, new ExternalData(null), inputs, GraphScan.of(model), Duration.ofSeconds(1)))
                .extracting(l -> l.obstacle().orElse(""))
                .containsExactly("output size unknown: a run to measure it took longer than 1 s");
    }

    @Test
    void costsBeyondAllBoundsAreUnknown() throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 1L << 30, 1L << 30, 1L << 30, 6)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
        List<Layer> layers = open(model).layers();
        assertThat(layers).allMatch(l -> l.outputShape().isEmpty());
        assertThat(layers.get(0).obstacle().orElse("")).startsWith("output size unknown: ");
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 1_000_000})
    void impossibleGroups(int groups) throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8, 8)
                .weight("w", 8, 4, 3, 3)
                .node("Conv", "conv", List.of("x", "w"), "y", attribute("group", groups))
                .output("y")
                .build();
        assertThat(open(model).layers())
                .extracting(l -> l.obstacle().orElse(""))
                .containsExactly("its " + groups + " groups do not divide its 8 output channels");
    }

    /** ONNX Runtime divides by them: without a check the process would end. */
    @ParameterizedTest
    @ValueSource(strings = {"strides", "dilations", "kernel_shape", "group"})
    void sizesOfZero(String name) throws IOException {
        boolean one = name.equals("group");
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8, 8)
                .weight("w", 8, 4, 3, 3)
                .node(
                        "Conv",
                        "conv",
                        List.of("x", "w"),
                        "y",
                        one ? attribute(name, 0) : attribute(name, List.of(1L, 0L)))
                .output("y")
                .build();
        Path file = write(model);
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' is corrupt: node 'conv' (Conv) has " + name + (one ? " 0" : " [1, 0]")
                        + ", which must be at least 1.");
    }

    /** ONNX Runtime takes the ranks for equal: without a stated kernel the process would end. */
    @ParameterizedTest
    @ValueSource(strings = {"Conv", "ConvTranspose"})
    void aWeightOfAnotherRankThanTheInput(String operator) throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8)
                .weight("w", 4, 4, 3, 3)
                .node(operator, "conv", List.of("x", "w"), "y")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> opened = open(model);
        assertThat(opened.layers()).hasSize(1).noneMatch(Layer::splittable);
        assertThatThrownBy(() -> format.predictor(opened.model()).run(FullRank.inputs(opened.model())))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith("ONNX Runtime cannot ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Conv", "ConvTranspose"})
    void aConvolutionWithoutAKernel(String operator) throws IOException {
        ModelProto model = new ModelBuilder()
                .input("x", 1, 4, 8)
                .weight("w", 4, 4)
                .node(operator, "conv", List.of("x", "w"), "y", attribute("kernel_shape", List.of(3L)))
                .output("y")
                .build();
        CompressibleModel<OnnxModel> opened = open(model);
        assertThat(opened.layers()).isEmpty();
        assertThatThrownBy(() -> format.predictor(opened.model()))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("Node 'conv' (" + operator
                        + ") has a weight of shape [4, 4]; a convolution's has at least 3 dims," + " each at least 1.");
    }

    /** Each node takes two bytes in the file and a hundred in memory. */
    @Test
    void manyTinyParts() throws IOException {
        int nodes = 1_000_001;
        byte[] graph = new byte[2 * nodes];
        for (int i = 0; i < graph.length; i += 2) {
            graph[i] = 0x0a;
        }
        ByteString.Output bytes = ByteString.newOutput();
        bytes.write(model().toBuilder().clearGraph().build().toByteArray());
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeByteArray(ModelProto.GRAPH_FIELD_NUMBER, graph);
        out.flush();
        Path file =
                Files.write(folder.resolve("model.onnx"), bytes.toByteString().toByteArray());
        refused(
                file,
                ModelFormatException.class,
                "'" + file + "' has more than 1,000,000 nodes and tensors; that many are not handled.");
    }

    private static ModelProto model() {
        return new ModelBuilder()
                .input("x", 2, 6)
                .weight("w", 6, 5)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
    }

    private static TensorProto.Builder weight() {
        return model().getGraph().getInitializer(0).toBuilder();
    }

    private static ModelProto withWeight(TensorProto.Builder weight) {
        ModelProto.Builder model = model().toBuilder();
        model.getGraphBuilder().setInitializer(0, weight);
        return model.build();
    }

    private Path write(ModelProto model) throws IOException {
        return Files.write(folder.resolve("model.onnx"), model.toByteArray());
    }

    private CompressibleModel<OnnxModel> open(ModelProto model) throws IOException {
        return format.open(write(model), OpenOptions.DEFAULT);
    }

    private void refused(Path file, Class<? extends WsvdException> kind, String message) {
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(kind)
                .hasMessage(message);
    }
}
