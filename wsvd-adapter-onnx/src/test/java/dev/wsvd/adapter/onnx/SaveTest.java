package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelWriter;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models are written whole, with their weights inside or beside them, and never over what they came from. */
class SaveTest {
    @TempDir
    Path folder;

    private final OnnxFormat format = new OnnxFormat();

    @Test
    void aModelWithExternalDataKeepsItBeside() throws IOException {
        Path file = ExternalFiles.write(model(), folder.resolve("model.onnx"), "weights.bin", 3);
        CompressibleModel<OnnxModel> model = format.open(file, OpenOptions.DEFAULT);
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "output-channel");
        Path saved = Files.createDirectory(folder.resolve("out")).resolve("small.onnx");
        split.save(saved);
        assertThat(names(saved.getParent()))
                .hasSize(2)
                .element(1)
                .asString()
                .matches("small\\.onnx\\.[0-9a-f]{16}\\.data");
        ModelProto written = ModelProto.parseFrom(Files.readAllBytes(saved));
        assertThat(written.getGraph().getInitializerList())
                .extracting(TensorProto::getName)
                .containsExactly(
                        "b", "first_svd_a_weight", "first_svd_b_weight", "second_svd_a_weight", "second_svd_b_weight");
        assertThat(written.getGraph().getInitializerList())
                .allMatch(t -> ExternalData.isExternal(t) || t.getRawData().size() < 1024);
        assertThat(Files.size(saved)).isLessThan(4096);
        assertComputesTheSame(model, format.open(saved, OpenOptions.DEFAULT));
    }

    @Test
    void inOneFileItIsInsideAgain() throws IOException {
        Path file = ExternalFiles.write(model(), folder.resolve("model.onnx"), "weights.bin", 3);
        CompressibleModel<OnnxModel> model = format.open(file, OpenOptions.DEFAULT);
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "output-channel");
        Path saved = Files.createDirectory(folder.resolve("out")).resolve("small.onnx");
        split.save(saved);
        split.inOneFile().save(saved);
        assertThat(names(saved.getParent())).containsExactly("small.onnx");
        assertComputesTheSame(model, FullRank.open(ModelProto.parseFrom(Files.readAllBytes(saved))));
    }

    @Test
    void whatDoesNotFitInOneFileIsRefused() throws IOException {
        Path file = ExternalFiles.write(model(), folder.resolve("model.onnx"), "weights.bin", 0);
        CompressibleModel<OnnxModel> model = new OnnxFormat(new ModelWriter(20_000)).open(file, OpenOptions.DEFAULT);
        assertThatThrownBy(model::inOneFile)
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("The model has 24,200 bytes of weights; one ONNX file has room for 20,000."
                        + " Maybe compress it further, or save it with its weights in a second file.");
    }

    @Test
    void externalDataIsReadWhereverItBegins() throws IOException {
        Path file = ExternalFiles.write(model(), folder.resolve("model.onnx"), "weights.bin", 3);
        CompressibleModel<OnnxModel> model = format.open(file, OpenOptions.DEFAULT);
        CompressibleModel<OnnxModel> inside = FullRank.open(model());
        for (Layer layer : inside.layers()) {
            assertThat(model.weights(layer.id()).all())
                    .isEqualTo(inside.weights(layer.id()).all());
        }
        assertComputesTheSame(inside, model);
    }

    @Test
    void theDigestCoversExternalData() throws IOException {
        Path file = ExternalFiles.write(model(), folder.resolve("model.onnx"), "weights.bin", 0);
        String before = format.open(file, OpenOptions.DEFAULT).identity().sha256();
        byte[] weights = Files.readAllBytes(folder.resolve("weights.bin"));
        weights[100]++;
        Files.write(folder.resolve("weights.bin"), weights);
        assertThat(format.open(file, OpenOptions.DEFAULT).identity().sha256()).isNotEqualTo(before);
    }

    @Test
    void theDigestIsThatOfTheFile() throws IOException {
        Path file = Files.write(folder.resolve("model.onnx"), model().toByteArray());
        assertThat(format.open(file, OpenOptions.DEFAULT).identity().name()).isEqualTo("model.onnx");
        assertThat(format.open(file, OpenOptions.DEFAULT).identity().sha256())
                .isEqualTo(sha256(Files.readAllBytes(file)));
    }

    @Test
    void aModelTooLargeForOneFileGetsADataFile() throws IOException {
        OnnxFormat small = new OnnxFormat(new ModelWriter(20_000));
        CompressibleModel<OnnxModel> model = small.of(model(), "model", OpenOptions.DEFAULT);
        Path saved = folder.resolve("model.onnx");
        model.save(saved);
        List<Path> files = format.open(saved, OpenOptions.DEFAULT).files();
        assertThat(files).hasSize(2).startsWith(saved);
        assertThat(files.get(1)).hasSize(2 * 50 * 60 * 4 + 64 - (50 * 60 * 4) % 64);
        assertComputesTheSame(model, format.open(saved, OpenOptions.DEFAULT));
    }

    @Test
    void behindALinkTheRealFileIsReplacedWithItsDataBesideIt() throws IOException {
        Path real = Files.createDirectory(folder.resolve("real"));
        Path link = Files.createSymbolicLink(folder.resolve("link.onnx"), Path.of("real", "model.onnx"));
        CompressibleModel<OnnxModel> first = withDataFile(model());
        first.save(link);
        CompressibleModel<OnnxModel> second = FullRank.splitAll(first, "output-channel");
        second.save(link);
        assertThat(link).isSymbolicLink();
        assertThat(names(folder)).containsExactly("link.onnx", "real");
        assertThat(names(real)).hasSize(2).first().isEqualTo("model.onnx");
        assertComputesTheSame(first, format.open(link, OpenOptions.DEFAULT));
    }

    @Test
    void theDataOfALinkedModelIsBesideTheLinkOrTheRealFile() throws IOException {
        Path real = Files.createDirectory(folder.resolve("real"));
        Path file = ExternalFiles.write(model(), real.resolve("model.onnx"), "weights.bin", 3);
        Path link = Files.createSymbolicLink(folder.resolve("link.onnx"), file);
        CompressibleModel<OnnxModel> inside = FullRank.open(model());
        assertComputesTheSame(inside, format.open(link, OpenOptions.DEFAULT));
        Files.move(real.resolve("weights.bin"), folder.resolve("weights.bin"));
        assertComputesTheSame(inside, format.open(link, OpenOptions.DEFAULT));
    }

    @Test
    void neitherTheModelNorItsDataIsOverwritten() throws IOException {
        String own = "other.onnx.0123456789abcdef.data";
        Path file = ExternalFiles.write(model(), folder.resolve("model.onnx"), own, 0);
        CompressibleModel<OnnxModel> model = format.open(file, OpenOptions.DEFAULT);
        CompressibleModel<OnnxModel> split = FullRank.splitAll(model, "output-channel");
        byte[] data = Files.readAllBytes(folder.resolve(own));
        Path linked = Files.createSymbolicLink(folder.resolve("linked"), folder);
        Path hardLink = Files.createLink(folder.resolve("link.onnx"), file);
        for (Path target : List.of(file, hardLink, linked.resolve("model.onnx"))) {
            assertRefused(split, target, file);
        }
        assertRefused(split, folder.resolve("other.onnx"), folder.resolve(own));
        assertRefused(split, linked.resolve("other.onnx"), folder.resolve(own));
        assertRefused(split, folder.resolve(own), folder.resolve(own));
        assertThat(folder.resolve(own)).hasBinaryContent(data);
        assertThat(names(folder)).containsExactly("link.onnx", "linked", "model.onnx", own);
    }

    private static void assertRefused(CompressibleModel<OnnxModel> model, Path target, Path source) {
        assertThatThrownBy(() -> model.save(target))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("'" + target + "' cannot be written: '" + source
                        + "' is what the model was opened from. Maybe choose another name.");
    }

    @Test
    void theDataOfTheModelReplacedIsDeletedButNotThatOfOthers() throws IOException {
        CompressibleModel<OnnxModel> first = withDataFile(model());
        CompressibleModel<OnnxModel> second = FullRank.splitAll(first, "output-channel");
        Path saved = folder.resolve("model.onnx");
        first.save(saved);
        Path data = dataOf(saved);
        Path copy = Files.copy(saved, folder.resolve("copy.onnx"));
        second.save(saved);
        assertThat(data).exists();
        assertComputesTheSame(first, format.open(copy, OpenOptions.DEFAULT));
        assertComputesTheSame(second, format.open(saved, OpenOptions.DEFAULT));
        Files.delete(copy);
        Path foreign = Files.writeString(folder.resolve("model.onnx.data"), "not wsvd's");
        first.save(saved);
        assertThat(names(folder))
                .containsExactly(
                        "model.onnx",
                        foreign.getFileName().toString(),
                        dataOf(saved).getFileName().toString());
        assertComputesTheSame(first, format.open(saved, OpenOptions.DEFAULT));
    }

    @Test
    void equalModelsAreSavedAsEqualFiles() throws IOException {
        CompressibleModel<OnnxModel> model = withDataFile(model());
        Path one = Files.createDirectory(folder.resolve("one")).resolve("model.onnx");
        Path other = Files.createDirectory(folder.resolve("other")).resolve("model.onnx");
        model.save(one);
        model.save(other);
        assertThat(one).hasSameBinaryContentAs(other);
        assertThat(dataOf(one)).hasSameBinaryContentAs(dataOf(other));
        assertThat(dataOf(one).getFileName()).isEqualTo(dataOf(other).getFileName());
    }

    @Test
    void aModelThatNoLongerHasDataLeavesNone() throws IOException {
        Path saved = folder.resolve("model.onnx");
        withDataFile(model()).save(saved);
        FullRank.open(model()).save(saved);
        assertThat(names(folder)).containsExactly("model.onnx");
    }

    @Test
    void anOutputWithoutAFolderOrNotAFileIsRefusedBeforeWork() throws Exception {
        CompressibleModel<OnnxModel> model = FullRank.open(model());
        Path pipe = folder.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path longName = folder.resolve("m".repeat(250) + ".onnx");
        Map<Path, String> reasons = Map.of(
                folder,
                "it is a folder",
                pipe,
                "it is a device or a pipe, not a file",
                folder.resolve("missing").resolve("model.onnx"),
                "its folder does not exist",
                longName,
                "File name too long");
        reasons.forEach((path, reason) -> assertThatThrownBy(() -> model.requireSavable(path))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Cannot write '" + path + "': " + reason + "."));
        assertThat(names(folder)).containsExactly("pipe");
    }

    private static CompressibleModel<OnnxModel> withDataFile(ModelProto model) {
        return new OnnxFormat(new ModelWriter(20_000)).of(model, "model", OpenOptions.DEFAULT);
    }

    private Path dataOf(Path model) {
        return format.open(model, OpenOptions.DEFAULT).files().get(1);
    }

    @Test
    void aFolderThatIsMissing() {
        CompressibleModel<OnnxModel> model = FullRank.open(model());
        Path file = folder.resolve("missing").resolve("model.onnx");
        assertThatThrownBy(() -> model.save(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Cannot write '" + file + "': its folder does not exist.");
    }

    @Test
    void aFolderThatMayNotBeWrittenTo() throws IOException {
        Path closed = Files.createDirectory(folder.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
        assumeFalse(Files.isWritable(closed), "This user may write anywhere.");
        CompressibleModel<OnnxModel> model = FullRank.open(model());
        Path file = closed.resolve("model.onnx");
        assertThatThrownBy(() -> model.save(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("Cannot write '" + file + "': no permission.");
    }

    @Test
    void anotherFileIsReplacedWhole() throws IOException {
        Path file = Files.writeString(folder.resolve("model.onnx"), "something else");
        CompressibleModel<OnnxModel> model = FullRank.open(model());
        model.save(file);
        assertThat(file).hasBinaryContent(model.model().proto().toByteArray());
        assertThat(names(folder)).containsExactly("model.onnx");
    }

    @Test
    void metadataAndUnknownFieldsAreKept() throws IOException {
        ModelProto.Builder proto =
                model().toBuilder().setDocString("how it was made").setModelVersion(7);
        proto.addMetadataPropsBuilder().setKey("author").setValue("someone");
        proto.getGraphBuilder().addValueInfo(ModelBuilder.value("t", 1, "n", 60));
        CompressibleModel<OnnxModel> split = FullRank.splitAll(FullRank.open(proto.build()), "input-channel");
        ModelProto after = split.model().proto();
        assertThat(after.getDocString()).isEqualTo("how it was made");
        assertThat(after.getModelVersion()).isEqualTo(7);
        assertThat(after.getMetadataPropsList().get(0).getValue()).isEqualTo("someone");
        assertThat(after.getGraph().getValueInfoList())
                .isEqualTo(proto.getGraph().getValueInfoList());
        CompressibleModel<OnnxModel> twice = FullRank.splitAll(split, "input-channel");
        assertThat(twice.model().proto().getMetadataPropsList().get(2).getValue())
                .startsWith("[{\"name\":\"first\",")
                .contains("},{\"name\":\"first_svd_a\",")
                .endsWith("\"rank\":50}]");
    }

    private static ModelProto model() {
        return new ModelBuilder()
                .input("x", "n", 50)
                .weight("w1", 50, 60)
                .weight("w2", 50, 60)
                .node("MatMul", "first", List.of("x", "w1"), "t")
                .weight("b", 50)
                .node("Gemm", "second", List.of("t", "w2", "b"), "u", attribute("transB", 1))
                .node("Relu", "", List.of("u"), "y")
                .output("y")
                .build();
    }

    private void assertComputesTheSame(CompressibleModel<OnnxModel> expected, CompressibleModel<OnnxModel> actual) {
        Map<String, Tensor> inputs = FullRank.inputs(expected.model());
        FullRank.assertSame(FullRank.run(actual.model(), inputs), FullRank.run(expected.model(), inputs), 1e-4);
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return java.util.HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
