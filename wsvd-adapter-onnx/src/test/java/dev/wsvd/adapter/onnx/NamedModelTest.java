package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.safetensors.Dtype;
import dev.wsvd.safetensors.NamedModel;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.SafetensorsWriter;
import dev.wsvd.safetensors.StoredTensor;
import java.lang.reflect.Method;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The factors of split layers by the names that their weights had. */
class NamedModelTest {
    /** What is left out on purpose: nothing is cut, siblings share no stage, nothing is in int8. */
    private static final Set<String> LEFT_OUT =
            Set.of("couplings", "lostFusions", "siblings", "uncoupled", "quantizable");

    private static final List<String> LAYERS = List.of("query", "conv", "up", "table", "raw", "other");

    @TempDir
    private Path folder;

    private CompressibleModel<OnnxModel> model;
    private Safetensors source;

    /** A MatMul with a bias behind it, a matrix that is kept as [m][n], convolutions both ways, an embedding, and a layer without a name. */
    @BeforeEach
    void write() {
        ModelProto proto = new ModelBuilder()
                .input("x", 1, 6)
                .weight("onnx::MatMul_9", 6, 5)
                .weight("b", 5)
                .weight("raw.weight", 5, 7)
                .weight("w", 4, 7)
                .node("MatMul", "query", List.of("x", "onnx::MatMul_9"), "h")
                .node("Add", "add", List.of("h", "b"), "q")
                .node("MatMul", "raw", List.of("q", "raw.weight"), "r")
                .node("Gemm", "other", List.of("r", "w"), "y", attribute("transB", 1))
                .output("y")
                .input("image", 1, 4, 5, 5)
                .weight("k", 4, 4, 3, 3)
                .weight("kb", 4)
                .weight("u", 4, 6, 2, 2)
                .node("Conv", "conv", List.of("image", "k", "kb"), "c")
                .node("ConvTranspose", "up", List.of("c", "u"), "z")
                .output("z")
                .typedInput("ids", 7, 1, 3)
                .weight("t", 9, 6)
                .node("Gather", "table", List.of("t", "ids"), "e")
                .output("e")
                .build();
        model = FullRank.open(proto);
        Path file = folder.resolve("model.safetensors");
        float[] query = model.weights(new LayerId("query")).all();
        SafetensorsWriter writer = new SafetensorsWriter()
                .add("a.query.weight", Dtype.F32, List.of(5L, 6L), () -> query)
                .add("a.query.bias", Dtype.F32, List.of(5L), () -> bias("query"))
                .add("a.norm.weight", Dtype.BF16, List.of(2L), () -> new float[] {1, 2});
        stored(writer, proto, "raw.weight", "a.raw.weight");
        stored(writer, proto, "k", "a.conv.weight");
        stored(writer, proto, "kb", "a.conv.bias");
        stored(writer, proto, "u", "a.up.weight");
        stored(writer, proto, "t", "a.table.weight");
        writer.write(file, Map.of("format", "pt"));
        source = Safetensors.open(file);
    }

    private static void stored(SafetensorsWriter writer, ModelProto proto, String from, String name) {
        proto.getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getName().equals(from))
                .forEach(tensor -> {
                    float[] values = new float[tensor.getRawData().size() / Float.BYTES];
                    tensor.getRawData()
                            .asReadOnlyByteBuffer()
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .asFloatBuffer()
                            .get(values);
                    writer.add(name, Dtype.F32, tensor.getDimsList(), () -> values);
                });
    }

    private float[] bias(String layer) {
        return model.bias(new LayerId(layer)).orElseThrow();
    }

    private static Layer layer(CompressibleModel<OnnxModel> model, String name) {
        return model.layers().stream()
                .filter(layer -> layer.id().name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private Safetensors written(NamedModel<OnnxModel> named, CompressibleModel<OnnxModel> compressed) {
        Path file = folder.resolve("out.safetensors");
        named.write(compressed, file);
        return Safetensors.open(file);
    }

    /** With 0.5 added to the bias. */
    private static Replacement corrected(CompressibleModel<OnnxModel> model, String name) {
        Layer layer = layer(model, name);
        Replacement split = FullRank.split(model, layer, "input-channel");
        List<Stage> stages = new ArrayList<>(split.stages().get(layer));
        Stage last = stages.remove(stages.size() - 1);
        float[] half = new float[layer.outChannels()];
        Arrays.fill(half, 0.5f);
        stages.add(new Stage(last.op(), last.weights(), Optional.of(half)));
        return Replacement.of(layer, split.choice(), stages, 0);
    }

    @Test
    void layersAreFoundByTheirNumbers() {
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        assertThat(named.names())
                .isEqualTo(Map.of(
                        new LayerId("query"), "a.query.weight",
                        new LayerId("raw"), "a.raw.weight",
                        new LayerId("conv"), "a.conv.weight",
                        new LayerId("up"), "a.up.weight",
                        new LayerId("table"), "a.table.weight"));
        assertThat(named.layers()).extracting(layer -> layer.id().name()).containsExactlyInAnyOrderElementsOf(LAYERS);
        assertThat(layer(named, "other").unsupportedReason()).hasValue("its weight is no tensor of model.safetensors");
        assertThat(layer(named, "query")).isEqualTo(layer(model, "query"));
    }

    @Test
    void theFactorsAreThoseOfASequence() {
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        CompressibleModel<OnnxModel> compressed =
                named.with(List.of(corrected(named, "query"), corrected(named, "raw")));
        Safetensors out = written(named, compressed);
        assertThat(out.names())
                .contains("a.query.0.weight", "a.query.1.weight", "a.query.1.bias", "a.conv.weight", "a.norm.weight")
                .contains("a.raw.0.weight", "a.raw.1.weight", "a.raw.1.bias")
                .doesNotContain("a.query.weight", "a.query.bias", "a.raw.weight", "a.query.0.bias");
        assertProduct(out, "a.query", source.tensor("a.query.weight").floats());
        assertProduct(out, "a.raw", model.weights(new LayerId("raw")).all());
        float[] bias = out.tensor("a.query.1.bias").floats();
        for (int i = 0; i < bias.length; i++) {
            assertThat(bias[i]).isCloseTo(bias("query")[i] + 0.5f, within(1e-6f));
        }
        // It had none.
        assertThat(out.tensor("a.raw.1.bias").floats()).containsOnly(0.5f);
        assertThat(out.tensor("a.norm.weight").bytes())
                .isEqualTo(source.tensor("a.norm.weight").bytes());
        assertThat(out.metadata().get("wsvd"))
                .startsWith(
                        "{\"version\":1,\"modules\":{\"a.query\":[{\"layer\":\"query_svd_a\",\"kind\":\"Linear\",\"in\":6,"
                                + "\"out\":5,\"bias\":false},{\"layer\":\"query_svd_b\",\"kind\":\"Linear\",\"in\":5,\"out\":5,\"bias\":true}]");
        assertThat(out.metadata()).containsEntry("format", "pt");
    }

    private static void assertProduct(Safetensors out, String module, float[] weight) {
        StoredTensor first = out.tensor(module + ".0.weight");
        StoredTensor second = out.tensor(module + ".1.weight");
        int rank = first.shape().get(0).intValue();
        int in = first.shape().get(1).intValue();
        assertThat(second.shape().get(1)).isEqualTo((long) rank);
        for (int i = 0; i < weight.length; i++) {
            double sum = 0;
            for (int k = 0; k < rank; k++) {
                sum += second.floats()[i / in * rank + k] * first.floats()[k * in + i % in];
            }
            assertThat(sum).isCloseTo(weight[i], within(1e-5));
        }
    }

    @Test
    void convolutionsAndTablesHaveTheOrderOfTheirModules() {
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        List<Replacement> splits = List.of(
                FullRank.split(model, layer(model, "conv"), "spatial", 2),
                FullRank.split(model, layer(model, "up"), "input-channel", 2),
                FullRank.split(model, layer(model, "table"), "embedding", 2));
        Safetensors out = written(named, named.with(splits));
        assertThat(out.tensor("a.conv.0.weight").shape()).hasSize(4);
        assertThat(out.tensor("a.conv.1.bias").floats()).isEqualTo(bias("conv"));
        assertThat(out.names()).doesNotContain("a.up.1.bias");
        assertThat(out.tensor("a.table.0.weight").shape()).containsExactly(9L, 2L);
        assertThat(out.tensor("a.table.1.weight").shape()).containsExactly(6L, 2L);
        assertThat(out.metadata().get("wsvd"))
                .contains(
                        "\"kind\":\"Conv2d\"",
                        "\"kind\":\"ConvTranspose2d\"",
                        "\"kind\":\"Embedding\",\"in\":9,\"out\":2");
    }

    @Test
    void nothingIsCutAndALayerWithoutANameStays() {
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        assertThat(named.couplings()).isEmpty();
        assertThat(named.siblings()).isEmpty();
        Replacement other = FullRank.split(model, layer(model, "other"), "input-channel", 1);
        assertThatThrownBy(() -> named.with(List.of(other)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'other' cannot be split: its weight is no tensor of model.safetensors.");
        assertThatThrownBy(() -> named.write(model.with(List.of(other)), folder.resolve("out.safetensors")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Layer 'other' was changed, and its weight is no tensor of '"
                        + source.files().get(0) + "'.");
    }

    @Test
    void allElseIsAsTheModelTellsIt() {
        assertThat(CompressibleModel.class.getMethods())
                .filteredOn(Method::isDefault)
                .extracting(Method::getName)
                .containsAll(LEFT_OUT)
                .filteredOn(name -> !LEFT_OUT.contains(name))
                .isSubsetOf(Stream.of(NamedModel.class.getDeclaredMethods())
                        .map(Method::getName)
                        .toList());
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        assertThat(named.runsWhole()).isEqualTo(model.runsWhole());
        assertThat(named.inOneFile().layers()).isEqualTo(model.layers());
    }

    @Test
    void aStageThatIsSplitAgainStandsBehindItsModule() {
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        CompressibleModel<OnnxModel> once = named.with(List.of(corrected(named, "query")));
        Safetensors first = written(named, once);
        NamedModel<OnnxModel> again = NamedModel.of(once, first);
        Replacement split = FullRank.split(again, layer(again, "query_svd_a"), "input-channel", 2);
        Path file = folder.resolve("twice.safetensors");
        again.write(again.with(List.of(split)), file);
        Safetensors second = Safetensors.open(file);
        String before = first.metadata().get("wsvd");
        assertThat(second.names()).contains("a.query.0.0.weight", "a.query.0.1.weight", "a.query.1.weight");
        assertThat(second.metadata().get("wsvd"))
                .startsWith(before.substring(0, before.length() - "}}".length())
                        + ",\"a.query.0\":[{\"layer\":\"query_svd_a_svd_a\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[] | they are no object",
                "{\"version\":2} | their version is not 1",
                "{\"version\":1} | they have no modules",
                "{\"modules\":[]} | their modules are no object",
                "{\"modules\":{\"a\":1}} | a module is no list of stages",
                "{\"modules\":{}}{} | they go on behind their end"
            })
    void metadataThatDoNotTellWhatWasSplitAreRefused(String metadata, String reason) {
        Path file = folder.resolve("else.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        source.tensors().forEach(writer::add);
        writer.write(file, Map.of("wsvd", metadata));
        assertThatThrownBy(() -> NamedModel.of(model, Safetensors.open(file)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The metadata 'wsvd' of '" + file + "' do not say which modules were split before: "
                        + reason + ".");
    }

    @Test
    void aLayerInBfloat16IsFoundByWhatItsNumbersWereRoundedFrom() {
        ModelBuilder builder = new ModelBuilder().input("x", 1, 6);
        TensorProto exact = builder.randomTensor("w", 6, 5);
        float[] values = new float[30];
        exact.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        ModelProto proto = builder.stored(ModelBuilder.bfloats("w", values, 6, 5))
                .node("Cast", "narrow", List.of("x"), "n", attribute("to", 16))
                .node("MatMul", "query", List.of("n", "w"), "h")
                .node("Cast", "wide", List.of("h"), "y", attribute("to", 1))
                .output("y")
                .build();
        Path file = folder.resolve("else.safetensors");
        new SafetensorsWriter()
                .add("query.weight", Dtype.F32, List.of(6L, 5L), () -> values)
                .write(file, Map.of());
        assertThat(NamedModel.of(FullRank.open(proto), Safetensors.open(file)).names())
                .containsEntry(new LayerId("query"), "query.weight");
    }

    @Test
    void weightsOfAnotherModelAreRefused() {
        Path file = folder.resolve("else.safetensors");
        new SafetensorsWriter()
                .add("a.weight", Dtype.F32, List.of(5L, 6L), () -> new float[30])
                .write(file, Map.of());
        assertThatThrownBy(() -> NamedModel.of(model, Safetensors.open(file)))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("No layer of 'test.onnx' has a weight that is a tensor of '" + file
                        + "'. Maybe the file is of another model, or normalisations were folded into the layers when the"
                        + " model was exported.");
    }

    @Test
    void theOriginalWrittenAgainHasAllItsTensors() {
        NamedModel<OnnxModel> named = NamedModel.of(model, source);
        Safetensors out = written(named, named.with(List.of()));
        assertThat(out.names()).isEqualTo(source.names());
    }
}
