package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * ONNX's own test models with their recorded inputs and outputs (Debian package {@code libonnx-testdata}): with every layer
 * at full rank they give the recorded outputs; models without layers open too.
 */
class OnnxTestDataTest {
    private static final Path FOLDER =
            Path.of(System.getProperty("wsvd.onnx.testdata", "/usr/share/libonnx-testdata/data"));
    private static final List<String> RUN = List.of("pytorch-converted", "pytorch-operator", "simple");

    /** Where the package must be there, its absence fails; elsewhere it shows as a skipped test. */
    @Test
    void isThere() {
        boolean required = Boolean.getBoolean("wsvd.onnx.testdata.required");
        assumeTrue(required || Files.isDirectory(FOLDER), "The package libonnx-testdata is not installed.");
        assertThat(layersAtFullRankGiveTheRecordedOutputs()).hasSizeGreaterThanOrEqualTo(25);
        assertThat(everyModelOpens()).hasSizeGreaterThanOrEqualTo(1000);
    }

    @TestFactory
    Stream<DynamicTest> layersAtFullRankGiveTheRecordedOutputs() {
        return RUN.stream()
                .flatMap(group -> models(group).stream())
                .filter(file -> open(file).layers().stream().anyMatch(Layer::supported))
                .map(file -> DynamicTest.dynamicTest(name(file), () -> assertRecorded(file)));
    }

    @TestFactory
    Stream<DynamicTest> everyModelOpens() {
        return Stream.of("node", "pytorch-converted", "pytorch-operator", "simple", "real")
                .flatMap(group -> models(group).stream())
                .map(file -> DynamicTest.dynamicTest(
                        name(file),
                        () -> assertThat(FullRank.FORMAT
                                        .open(file, OpenOptions.DEFAULT)
                                        .layers())
                                .allMatch(l -> l.unsupportedReason().isPresent() || l.outputPositions() > 0)));
    }

    private static void assertRecorded(Path file) throws IOException {
        CompressibleModel<OnnxModel> model = open(file);
        for (String form : FullRank.SCHEMES.forms()) {
            CompressibleModel<OnnxModel> split = FullRank.splitAll(model, form);
            for (Path set : children(file.getParent(), "test_data_set_")) {
                Map<String, Tensor> inputs = new LinkedHashMap<>();
                List<String> names = model.model().proto().getGraph().getInputList().stream()
                        .map(i -> i.getName())
                        .filter(n -> split.model().proto().getGraph().getInitializerList().stream()
                                .noneMatch(t -> t.getName().equals(n)))
                        .filter(n -> split.model().proto().getGraph().getInputList().stream()
                                .anyMatch(i -> i.getName().equals(n)))
                        .toList();
                List<Path> given = children(set, "input_");
                for (int i = 0; i < names.size(); i++) {
                    inputs.put(names.get(i), read(given.get(i)));
                }
                Map<String, Tensor> actual = FullRank.run(split.model(), inputs);
                List<Path> recorded = children(set, "output_");
                List<Tensor> outputs = List.copyOf(actual.values());
                assertThat(outputs).hasSameSizeAs(recorded);
                for (int i = 0; i < outputs.size(); i++) {
                    Tensor expected = read(recorded.get(i));
                    assertThat(outputs.get(i).shape()).isEqualTo(expected.shape());
                    assertThat(FullRank.distance(outputs.get(i), expected)).isLessThan(1e-4);
                }
            }
        }
    }

    /** ONNX Runtime has no Gemm and no Add of operator sets before 7; they differ only in saying that they broadcast. */
    private static CompressibleModel<OnnxModel> open(Path file) {
        try {
            ModelProto model = ModelProto.parseFrom(Files.readAllBytes(file));
            boolean old = model.getOpsetImport(0).getVersion() == 6
                    && model.getGraph().getNodeList().stream()
                            .anyMatch(n -> List.of("Gemm", "Gather").contains(n.getOpType()));
            ModelProto known = old ? atOpset7(model) : model;
            return FullRank.FORMAT.of(known, file.toString(), OpenOptions.DEFAULT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ModelProto atOpset7(ModelProto model) {
        ModelProto.Builder out = model.toBuilder()
                .setOpsetImport(0, OperatorSetIdProto.newBuilder().setVersion(7));
        for (NodeProto.Builder node : out.getGraphBuilder().getNodeBuilderList()) {
            for (int i = node.getAttributeCount() - 1; i >= 0; i--) {
                if (node.getAttribute(i).getName().equals("broadcast")) {
                    node.removeAttribute(i);
                }
            }
        }
        return out.build();
    }

    private static Tensor read(Path file) throws IOException {
        TensorProto proto = TensorProto.parseFrom(Files.readAllBytes(file));
        ElementType type = ElementTypes.of(proto.getDataType()).orElseThrow();
        if (proto.getRawData().isEmpty() && proto.getFloatDataCount() > 0) {
            ByteBuffer bytes =
                    ByteBuffer.allocate(proto.getFloatDataCount() * 4).order(ByteOrder.LITTLE_ENDIAN);
            proto.getFloatDataList().forEach(bytes::putFloat);
            return new Tensor(type, proto.getDimsList(), bytes.rewind());
        }
        return new Tensor(type, proto.getDimsList(), proto.getRawData().asReadOnlyByteBuffer());
    }

    private static List<Path> models(String group) {
        Path folder = FOLDER.resolve(group);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        List<Path> found = new ArrayList<>();
        for (Path model : children(folder, "test_")) {
            if (Files.exists(model.resolve("model.onnx"))) {
                found.add(model.resolve("model.onnx"));
            }
        }
        return found;
    }

    private static List<Path> children(Path folder, String prefix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path file) {
        return FOLDER.relativize(file.getParent()).toString();
    }
}
