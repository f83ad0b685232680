package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.wsvd.adapter.onnx.internal.weights.GivenWeights;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.safetensors.Dtype;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parameters take the values of a safetensors file, by their names or those of their modules. */
class GivenWeightsTest {
    private static final LayerId QUERY = new LayerId("/encoder/query/MatMul");

    @TempDir
    private Path folder;

    private final SafetensorsWriter writer = new SafetensorsWriter();

    private float[] tensor(String name, Dtype type, long... dims) {
        int elements = 1;
        for (long dim : dims) {
            elements *= (int) dim;
        }
        float[] values = new float[elements];
        Random random = new Random(name.hashCode());
        for (int i = 0; i < elements; i++) {
            // Exact in every type.
            values[i] = (random.nextInt(127) - 63) / 64f;
        }
        writer.add(name, type, Arrays.stream(dims).boxed().toList(), () -> values);
        return values;
    }

    private Path weights() {
        Path file = folder.resolve("model.safetensors");
        writer.write(file, Map.of());
        return file;
    }

    private CompressibleModel<OnnxModel> open(ModelProto proto) throws IOException {
        Path file = Files.write(folder.resolve("model.onnx"), proto.toByteArray());
        return FullRank.FORMAT.open(file, OpenOptions.DEFAULT.withWeights(weights()));
    }

    /** As PyTorch's first exporter writes it: the matrix is transposed and renamed. */
    private static ModelBuilder exported(int out) {
        return new ModelBuilder()
                .input("x", 1, 6)
                .weight("onnx::MatMul_9", 6, out)
                .weight("encoder.query.bias", out)
                .node("MatMul", "/encoder/query/MatMul", List.of("x", "onnx::MatMul_9"), "h")
                .node("Add", "/encoder/query/Add", List.of("encoder.query.bias", "h"), "y")
                .output("y");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void aRenamedMatrixIsFoundByItsModule(int out) throws IOException {
        float[] weight = tensor("encoder.query.weight", Dtype.F32, out, 6);
        float[] bias = tensor("encoder.query.bias", Dtype.F32, out);
        CompressibleModel<OnnxModel> model = open(exported(out).build());
        assertThat(model.weights(QUERY).all()).isEqualTo(weight);
        assertThat(model.bias(QUERY))
                .hasValueSatisfying(values -> assertThat(values).isEqualTo(bias));
        assertThat(model.notices())
                .containsExactly("2 of 2 tensors of '" + folder.resolve("model.safetensors")
                        + "' are parameters of the model, 1 of them by the module of their layer.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"F16", "BF16", "F64"})
    void otherTypesAreConverted(String type) throws IOException {
        float[] weight = tensor("encoder.query.weight", Dtype.valueOf(type), 4, 6);
        tensor("encoder.query.bias", Dtype.valueOf(type), 4);
        assertThat(open(exported(4).build()).weights(QUERY).all()).isEqualTo(weight);
    }

    @Test
    void namesWithAModuleAroundThemAreFound() throws IOException {
        float[] weight = tensor("bert.encoder.query.weight", Dtype.F32, 4, 6);
        tensor("bert.encoder.query.bias", Dtype.F32, 4);
        tensor("classifier.weight", Dtype.F32, 2, 4);
        CompressibleModel<OnnxModel> model = open(exported(4).build());
        assertThat(model.weights(QUERY).all()).isEqualTo(weight);
        assertThat(model.notices())
                .last()
                .isEqualTo("The model has no parameter for 'classifier.weight' of that file.");
    }

    @Test
    void anotherModelHasAnotherDigest() throws IOException {
        tensor("encoder.query.bias", Dtype.F32, 4);
        ModelProto proto = exported(4).build();
        CompressibleModel<OnnxModel> given = open(proto);
        assertThat(given.identity()).isNotEqualTo(FullRank.open(proto).identity());
        assertThat(given.files()).contains(folder.resolve("model.safetensors"));
        assertThat(given.notices())
                .last()
                .isEqualTo(
                        "The weights of '/encoder/query/MatMul' are not in that file and stay as they are in the model.");
    }

    @Test
    void convolutionsAndTransposedGemmsKeepTheirOrder() throws IOException {
        float[] conv = tensor("conv.weight", Dtype.F32, 3, 2, 3, 3);
        float[] up = tensor("up.weight", Dtype.F32, 3, 2, 2, 2);
        float[] fc = tensor("fc.weight", Dtype.F32, 5, 5);
        ModelProto proto = new ModelBuilder()
                .input("x", 1, 2, 5, 5)
                .weight("conv.weight", 3, 2, 3, 3)
                .weight("up.weight", 3, 2, 2, 2)
                .weight("fc.weight", 5, 5)
                .node("Conv", "conv", List.of("x", "conv.weight"), "c")
                .node("ConvTranspose", "up", List.of("c", "up.weight"), "u")
                .input("z", 1, 5)
                .node("Gemm", "fc", List.of("z", "fc.weight"), "y", attribute("transB", 1))
                .output("u")
                .output("y")
                .build();
        CompressibleModel<OnnxModel> model = open(proto);
        assertThat(model.weights(new LayerId("conv")).all()).isEqualTo(conv);
        assertThat(model.weights(new LayerId("fc")).all()).isEqualTo(fc);
        float[] turned = model.weights(new LayerId("up")).all();
        for (int in = 0; in < 3; in++) {
            for (int out = 0; out < 2; out++) {
                for (int tap = 0; tap < 4; tap++) {
                    assertThat(turned[(out * 3 + in) * 4 + tap]).isEqualTo(up[(in * 2 + out) * 4 + tap]);
                }
            }
        }
    }

    @Test
    void inputsOfAnExportWithoutWeightsBecomeParameters() throws IOException {
        float[] weight = tensor("encoder.query.weight", Dtype.F32, 4, 6);
        tensor("encoder.query.bias", Dtype.F32, 4);
        CompressibleModel<OnnxModel> model = open(withoutWeights());
        assertThat(model.weights(QUERY).all()).isEqualTo(weight);
        assertThat(model.model().proto().getGraph().getInputList()).hasSize(1);
    }

    private static ModelProto withoutWeights() {
        return new ModelBuilder()
                .input("x", 1, 6)
                .input("onnx::MatMul_9", 6, 4)
                .input("encoder.query.bias", 4)
                .node("MatMul", "/encoder/query/MatMul", List.of("x", "onnx::MatMul_9"), "h")
                .node("Add", "/encoder/query/Add", List.of("encoder.query.bias", "h"), "y")
                .output("y")
                .build();
    }

    @Test
    void parametersLeftWithoutValuesAreRefused() {
        tensor("encoder.query.bias", Dtype.F32, 4);
        assertThatThrownBy(() -> open(withoutWeights()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The model has no values for 'onnx::MatMul_9', and '" + folder.resolve("model.safetensors")
                        + "' has no tensor of such a name and shape.");
    }

    @Test
    void anotherShapeIsRefused() {
        tensor("encoder.query.bias", Dtype.F32, 5);
        assertThatThrownBy(() -> open(exported(4).build()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The parameter 'encoder.query.bias' is [4] in the model and [5] in '"
                        + folder.resolve("model.safetensors") + "'. Maybe the file is of another model.");
    }

    @Test
    void normalisationsThatWereFoldedAreRefused() {
        tensor("encoder.query.weight", Dtype.F32, 4, 6);
        tensor("encoder.query.bias", Dtype.F32, 4);
        tensor("encoder.norm.running_var", Dtype.F32, 4);
        assertThatThrownBy(() -> open(exported(4).build()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("'" + folder.resolve("model.safetensors")
                        + "' has batch normalisations that the model has not: they were folded into its convolutions,"
                        + " whose weights are others. Maybe export it with optimize=False.");
    }

    @Test
    void aModelWithoutTheNormalisationsOfABranchForTrainingIsFound() throws IOException {
        float[] weight = tensor("encoder.query.weight", Dtype.F32, 4, 6);
        tensor("encoder.norm.running_var", Dtype.F32, 4);
        tensor("head.fc.weight", Dtype.F32, 4, 4);
        tensor("head.norm.running_var", Dtype.F32, 4);
        CompressibleModel<OnnxModel> model =
                open(exported(4).weight("encoder.norm.running_var", 4).build());
        assertThat(model.weights(QUERY).all()).isEqualTo(weight);
    }

    @Test
    void oneNormalisationThatWasFoldedAmongOthersIsRefused() {
        tensor("encoder.query.weight", Dtype.F32, 4, 6);
        tensor("encoder.norm.running_var", Dtype.F32, 4);
        tensor("decoder.norm.running_var", Dtype.F32, 4);
        assertThatThrownBy(() ->
                        open(exported(4).weight("decoder.norm.running_var", 4).build()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("they were folded into its convolutions");
    }

    @Test
    void aTensorOfOneParameterIsNotThatOfAnotherWhoseNameEndsAlike() throws IOException {
        tensor("encoder.query.weight", Dtype.F32, 4, 6);
        float[] norm = tensor("norm.weight", Dtype.F32, 4);
        ModelBuilder builder = exported(4).weight("norm.weight", 4).weight("decoder.norm.weight", 4);
        TensorProto before = initializer(builder.build(), "decoder.norm.weight");
        CompressibleModel<OnnxModel> model = open(builder.build());
        ModelProto proto = model.model().proto();
        assertThat(floats(initializer(proto, "norm.weight"))).isEqualTo(norm);
        assertThat(initializer(proto, "decoder.norm.weight")).isEqualTo(before);
        assertThat(model.notices())
                .last()
                .isEqualTo(
                        "Tensors of that file which fit several parameters by a part of the name are not taken for 'decoder.norm.weight'.");
    }

    @Test
    void aTensorThatTwoNamesFitIsNeithers() {
        tensor("encoder.query.bias", Dtype.F32, 4);
        tensor("norm.weight", Dtype.F32, 4);
        assertThatThrownBy(() -> open(exported(4)
                        .input("a.norm.weight", 4)
                        .input("b.norm.weight", 4)
                        .build()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The model has no values for 'a.norm.weight', 'b.norm.weight', and '"
                        + folder.resolve("model.safetensors") + "' has no tensor of such a name and shape.");
    }

    private static TensorProto initializer(ModelProto proto, String name) {
        return proto.getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static float[] floats(TensorProto tensor) {
        float[] values = new float[tensor.getRawData().size() / Float.BYTES];
        tensor.getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"F16", "BF16", "F32"})
    void parametersInBfloat16TakeValues(String type) throws IOException {
        float[] weight = tensor("encoder.query.weight", Dtype.valueOf(type), 4, 6);
        ModelBuilder builder = new ModelBuilder();
        ModelProto proto = builder.input("x", 1, 6)
                .stored(builder.randomOf(DataType.BFLOAT16_VALUE, "onnx::MatMul_9", 6, 4))
                .node("Cast", "narrow", List.of("x"), "n", attribute("to", DataType.BFLOAT16_VALUE))
                .node("MatMul", "/encoder/query/MatMul", List.of("n", "onnx::MatMul_9"), "h")
                .node("Cast", "wide", List.of("h"), "y", attribute("to", DataType.FLOAT_VALUE))
                .output("y")
                .build();
        assertThat(open(proto).weights(QUERY).all()).isEqualTo(weight);
    }

    @ParameterizedTest
    @CsvSource({"10, float16, 65520", "16, bfloat16, 3.4e38"})
    void aValueThatIsTooLargeForItsParameterIsRefused(int type, String called, float value) {
        writer.add("norm.weight", Dtype.F32, List.of(1L), () -> new float[] {value});
        ModelBuilder builder = exported(4);
        assertThatThrownBy(() -> open(
                        builder.stored(builder.randomOf(type, "norm.weight", 1)).build()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The tensor 'norm.weight' has the value " + value + ", which " + called
                        + ", the parameter's type in the model, cannot hold.");
    }

    /** A file of one byte a number. */
    private Path inFloat8() throws IOException {
        String header =
                "{\"encoder.query.weight\":{\"dtype\":\"F8_E4M3\",\"shape\":[4,6],\"data_offsets\":[0,24]},\"encoder.query.bias\":"
                        + "{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[24,40]}}";
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + 40).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(
                folder.resolve("eight.safetensors"),
                bytes.putLong(text.length).put(text).array());
    }

    @Test
    void tensorsWhoseTypeIsNotReadAreTold() throws IOException {
        GivenWeights given = GivenWeights.of(exported(4).build(), Safetensors.open(inFloat8()));
        assertThat(given.notices())
                .containsExactly(
                        "1 of 2 tensors of '" + folder.resolve("eight.safetensors")
                                + "' are parameters of the model, 0 of them by the module of their layer.",
                        "'encoder.query.weight' of that file cannot be read as weights, with their type F8_E4M3; their"
                                + " parameters stay as they are in the model.");
    }

    @Test
    void aParameterWithoutValuesWhoseTensorIsNotReadIsRefused() throws IOException {
        Path file = inFloat8();
        GivenWeights given = GivenWeights.of(withoutWeights(), Safetensors.open(file));
        assertThatThrownBy(given::model)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The tensor 'encoder.query.weight' of '" + file
                        + "' is F8_E4M3; F32, F16, BF16 and F64 can be read as weights.");
    }

    @Test
    void whatIsToldDoesNotDependOnTheModelThatWasMade() {
        tensor("encoder.query.weight", Dtype.F32, 4, 6);
        tensor("encoder.query.bias", Dtype.F32, 4);
        Path file = weights();
        GivenWeights given = GivenWeights.of(withoutWeights(), Safetensors.open(file));
        List<String> before = given.notices();
        ModelProto model = given.model();
        assertThat(given.model()).isEqualTo(model);
        assertThat(given.notices()).isEqualTo(before);
        assertThat(before)
                .containsExactly("2 of 2 tensors of '" + file
                        + "' are parameters of the model, 1 of them by the module of their layer.");
    }

    /** Two products whose parameters have the names of PyTorch's and are stored as [m][n], one of them square. */
    private static ModelBuilder namedProducts() {
        return new ModelBuilder()
                .input("x", 1, 6)
                .weight("wide.weight", 6, 4)
                .weight("square.weight", 4, 4)
                .node("MatMul", "wide", List.of("x", "wide.weight"), "h")
                .node("MatMul", "square", List.of("h", "square.weight"), "y")
                .output("y");
    }

    @Test
    void aSquareMatrixIsTransposedWhereTheOthersAre() throws IOException {
        float[] wide = tensor("wide.weight", Dtype.F32, 4, 6);
        float[] square = tensor("square.weight", Dtype.F32, 4, 4);
        CompressibleModel<OnnxModel> model = open(namedProducts().build());
        assertThat(model.weights(new LayerId("wide")).all()).isEqualTo(wide);
        assertThat(model.weights(new LayerId("square")).all()).isEqualTo(square);
    }

    @Test
    void aSquareMatrixIsAsItIsWhereTheOthersAre() throws IOException {
        tensor("wide.weight", Dtype.F32, 6, 4);
        float[] square = tensor("square.weight", Dtype.F32, 4, 4);
        ModelProto proto = open(namedProducts().build()).model().proto();
        assertThat(floats(initializer(proto, "square.weight"))).isEqualTo(square);
    }

    @Test
    void aSquareMatrixAmongOthersInEitherOrderIsRefused() {
        tensor("wide.weight", Dtype.F32, 4, 6);
        tensor("square.weight", Dtype.F32, 4, 4);
        tensor("other.weight", Dtype.F32, 4, 5);
        ModelProto proto = namedProducts()
                .weight("other.weight", 4, 5)
                .node("MatMul", "other", List.of("y", "other.weight"), "z")
                .output("z")
                .build();
        assertThatThrownBy(() -> open(proto))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The parameter 'square.weight' is square, and others of the model are in '"
                        + folder.resolve("model.safetensors") + "' in either order, so that its own is not known.");
    }

    @Test
    void weightsOfAnotherModelAreRefused() {
        tensor("decoder.weight", Dtype.F32, 4, 6);
        assertThatThrownBy(() -> open(exported(4).build()))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("No parameter of the model has a tensor in '" + folder.resolve("model.safetensors")
                        + "'. Maybe the file is of another model.");
    }
}
