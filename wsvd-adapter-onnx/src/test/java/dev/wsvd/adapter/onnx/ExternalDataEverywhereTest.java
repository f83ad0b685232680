package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static dev.wsvd.adapter.onnx.ModelBuilder.nodeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.FunctionProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.SparseTensorProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TrainingInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Wherever a model keeps a tensor, its external data is looked at, used and carried along like that of a weight. */
class ExternalDataEverywhereTest {
    private static final String ADDRESS = "*/_ORT_MEM_ADDR_/*";

    /** Places for a tensor of two numbers. */
    enum Where {
        SPARSE_INITIALIZER,
        SPARSE_CONSTANT,
        CONSTANT,
        BODY,
        FUNCTION,
        FUNCTION_DEFAULT,
        TRAINING
    }

    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    @ParameterizedTest
    @EnumSource(Where.class)
    void outsideTheFolderItIsRefused(Where where) throws IOException {
        Files.write(folder.resolve("secret"), new byte[8]);
        Path file = write(where, "../secret");
        refused(file, "../secret", "it is outside the model's folder. Maybe copy the data file beside the model");
    }

    @ParameterizedTest
    @EnumSource(Where.class)
    void whatOnnxRuntimeTakesForAnAddressIsRefused(Where where) throws IOException {
        Path file = write(where, ADDRESS);
        Path like = file.resolveSibling(ADDRESS);
        Files.createDirectories(like.getParent());
        Files.write(like, new byte[8]);
        refused(file, ADDRESS, "ONNX Runtime would take it for an address in memory");
    }

    @ParameterizedTest
    @EnumSource(Where.class)
    void insideTheFolderItIsUsedAndCarriedAlong(Where where) throws IOException {
        Path file = write(where, "two.bin");
        CompressibleModel<OnnxModel> inside = FullRank.open(model(where, two("k", 3, 5)));
        Map<String, Tensor> inputs = FullRank.inputs(inside.model());
        Map<String, Tensor> expected = FullRank.run(inside.model(), inputs);
        CompressibleModel<OnnxModel> model = format.open(file, OpenOptions.DEFAULT);
        assertThat(model.layers()).singleElement().matches(layer -> layer.supported());
        FullRank.assertSame(FullRank.run(model.model(), inputs), expected, 1e-6);

        Path saved = Files.createDirectory(folder.resolve("elsewhere")).resolve("small.onnx");
        FullRank.splitAll(model, "output-channel").save(saved);
        Files.delete(file.resolveSibling("two.bin"));
        CompressibleModel<OnnxModel> reopened = format.open(saved, OpenOptions.DEFAULT);
        FullRank.assertSame(FullRank.run(reopened.model(), inputs), expected, 1e-5);
    }

    @ParameterizedTest
    @EnumSource(Where.class)
    void theDigestDependsOnIt(Where where) throws IOException {
        Path file = write(where, "two.bin");
        String before = format.open(file, OpenOptions.DEFAULT).identity().sha256();
        Files.write(file.resolveSibling("two.bin"), two("k", 3, 6).getRawData().toByteArray());
        assertThat(format.open(file, OpenOptions.DEFAULT).identity().sha256()).isNotEqualTo(before);
    }

    /** A body's tensor may have the name of one that is handed to the engine, and is not handed over with it. */
    @Test
    void aTensorOfABodyThatHasTheNameOfAWeight() throws IOException {
        Path file = ExternalFiles.write(twoOfOneName("../secret"), folder.resolve("model.onnx"), "weights.bin", 0);
        refused(file, "../secret", "it is outside the model's folder. Maybe copy the data file beside the model");
        ExternalFiles.write(twoOfOneName("two.bin"), file, "weights.bin", 0);
        Files.write(folder.resolve("two.bin"), two("k", 3, 5).getRawData().toByteArray());
        CompressibleModel<OnnxModel> opened = format.open(file, OpenOptions.DEFAULT);
        Tensor zeros = Tensor.ofFloats(List.of(1L, 2L), new float[2]);
        assertThat(FullRank.run(opened.model(), Map.of("x", zeros)).get("y").getDouble(0))
                .isEqualTo(8);
    }

    private static ModelProto twoOfOneName(String location) {
        GraphProto body = GraphProto.newBuilder()
                .setName("body")
                .addInitializer(ExternalFiles.refer(two("k", 3, 5).toBuilder().clearRawData(), location, "0", "8"))
                .addNode(nodeOf("ReduceSum", "", List.of("k"), "o", attribute("keepdims", 0)))
                .addOutput(ModelBuilder.value("o", DataType.FLOAT_VALUE))
                .build();
        return new ModelBuilder()
                .input("x", 1, 2)
                .weight("k", 2, 2000)
                .stored(yes())
                .node("MatMul", "fc", List.of("x", "k"), "h")
                .node("If", "", List.of("on"), "s", attribute("then_branch", body), attribute("else_branch", body))
                .node("Add", "", List.of("h", "s"), "y")
                .output("y")
                .build();
    }

    private static TensorProto yes() {
        return ModelBuilder.tensor("on", DataType.BOOL_VALUE, ByteBuffer.wrap(new byte[] {1}));
    }

    /** What is checked and what is opened are the same, also when somebody changes the folder in between. */
    @Test
    void aFileThatBecomesALinkOutwardsIsNotOpened() throws IOException {
        Files.write(folder.resolve("secret"), new byte[8]);
        Path inner = Files.createDirectory(folder.resolve("model"));
        Path data = Files.write(inner.resolve("two.bin"), new byte[8]);
        ExternalData external = new ExternalData(inner);
        TensorProto tensor = ExternalFiles.refer(two("k", 3, 5).toBuilder().clearRawData(), "two.bin", "0", "8")
                .build();
        assertThat(external.bytes(tensor).remaining()).isEqualTo(8);
        Files.delete(data);
        Files.createSymbolicLink(data, folder.resolve("secret"));
        assertThatThrownBy(() -> external.bytes(tensor))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage(
                        "The external data 'two.bin' of tensor 'k' cannot be read: it is outside the model's folder."
                                + " Maybe copy the data file beside the model.");
    }

    @Test
    void aLinkWithinTheFolderIsFollowed() throws IOException {
        Path inner = Files.createDirectories(folder.resolve("model/blobs"));
        Files.write(inner.resolve("abc"), two("k", 3, 5).getRawData().toByteArray());
        Files.createSymbolicLink(inner.resolveSibling("two.bin"), Path.of("blobs/abc"));
        ExternalData external = new ExternalData(folder.resolve("model"));
        TensorProto tensor = ExternalFiles.refer(two("k", 3, 5).toBuilder().clearRawData(), "two.bin", "4", "4")
                .build();
        assertThat(external.bytes(tensor).getFloat()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        "2, 3, 4, 'has [2] values and [3] indices of int64'",
        "2, 2, 1073741824, 'of shape [2, 1073741824] takes more than 2147483647 bytes in memory'",
        "2, 2, -1, 'of shape [2, -1] takes more than 2147483647 bytes in memory'"
    })
    void sparseTensorsThatContradictThemselves(int values, int indices, long dim, String fault) throws IOException {
        ModelProto.Builder model = model(Where.SPARSE_INITIALIZER, two("k", 3, 5)).toBuilder();
        model.getGraphBuilder()
                .setSparseInitializer(
                        0,
                        SparseTensorProto.newBuilder()
                                .setValues(ModelBuilder.floats("k", new float[values], values))
                                .setIndices(ModelBuilder.longs("i", new long[indices], indices))
                                .addDims(2)
                                .addDims(dim));
        Path file = Files.write(folder.resolve("model.onnx"), model.build().toByteArray());
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("'" + file + "' is corrupt: sparse tensor 'k' " + fault + ".");
    }

    private void refused(Path file, String location, String why) {
        assertThatThrownBy(() -> format.open(file, OpenOptions.DEFAULT))
                .isInstanceOf(ModelFormatException.class)
                .hasMessage("The external data '" + location + "' of tensor 'k' cannot be read: " + why + ".");
    }

    private Path write(Where where, String location) throws IOException {
        Path inner = Files.createDirectories(folder.resolve("model"));
        Files.write(inner.resolve("two.bin"), two("k", 3, 5).getRawData().toByteArray());
        TensorProto outside = ExternalFiles.refer(two("k", 3, 5).toBuilder().clearRawData(), location, "0", "8")
                .build();
        return Files.write(inner.resolve("model.onnx"), model(where, outside).toByteArray());
    }

    private static TensorProto two(String name, float first, float second) {
        return ModelBuilder.floats(name, new float[] {first, second}, 2);
    }

    /** h = x + k with two numbers k, kept in some place; y = h·W. */
    private static ModelProto model(Where where, TensorProto k) {
        ModelBuilder builder = new ModelBuilder().input("x", 4, 2).weight("w", 2, 5);
        SparseTensorProto sparse = SparseTensorProto.newBuilder()
                .setValues(k)
                .setIndices(ModelBuilder.longs("i", new long[] {0, 1}, 2))
                .addDims(2)
                .build();
        ModelProto.Builder model = ModelProto.newBuilder();
        switch (where) {
            case SPARSE_INITIALIZER -> builder.graph().addSparseInitializer(sparse);
            case SPARSE_CONSTANT ->
                builder.node(nodeOf(
                        "Constant",
                        "",
                        List.of(),
                        "k",
                        AttributeProto.newBuilder()
                                .setName("sparse_value")
                                .setType(AttributeProto.AttributeType.SPARSE_TENSOR)
                                .setSparseTensor(sparse)
                                .build()));
            case CONSTANT -> builder.node(nodeOf("Constant", "", List.of(), "k", attribute("value", k)));
            case BODY -> {
                GraphProto body = GraphProto.newBuilder()
                        .setName("body")
                        .addInitializer(k)
                        .addNode(nodeOf("Identity", "", List.of("k"), "o"))
                        .addOutput(ModelBuilder.value("o", DataType.FLOAT_VALUE, 2))
                        .build();
                builder.stored(yes())
                        .node(
                                "If",
                                "",
                                List.of("on"),
                                "added",
                                attribute("then_branch", body),
                                attribute("else_branch", body));
            }
            case FUNCTION, FUNCTION_DEFAULT -> {
                boolean given = where == Where.FUNCTION;
                AttributeProto value = given
                        ? attribute("value", k)
                        : AttributeProto.newBuilder()
                                .setName("value")
                                .setType(AttributeProto.AttributeType.TENSOR)
                                .setRefAttrName("default")
                                .build();
                builder.node(nodeOf("F", "", List.of(), "k").toBuilder()
                        .setDomain("local")
                        .build());
                FunctionProto.Builder function = FunctionProto.newBuilder()
                        .setDomain("local")
                        .setName("F")
                        .addOutput("o")
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                        .addNode(nodeOf("Constant", "", List.of(), "o", value));
                if (!given) {
                    function.addAttributeProto(attribute("default", k));
                }
                model.addFunctions(function)
                        .addOpsetImport(OperatorSetIdProto.newBuilder()
                                .setDomain("local")
                                .setVersion(1));
            }
            case TRAINING -> {
                builder.stored(two("k", 3, 5));
                model.addTrainingInfo(TrainingInfoProto.newBuilder()
                        .setInitialization(GraphProto.newBuilder().setName("t").addInitializer(k)));
            }
        }
        ModelProto main = builder.node("Add", "", List.of("x", where == Where.BODY ? "added" : "k"), "h")
                .node("MatMul", "fc", List.of("h", "w"), "y")
                .output("y", DataType.FLOAT_VALUE, 4, 5)
                .build();
        return model.mergeFrom(main).build();
    }
}
