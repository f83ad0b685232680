package dev.wsvd.adapter.onnx.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.testkit.JavaProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllowedCoresTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {"1; 0-1; 1", "2; 0-63; 2", "3; 0,2-4; 3", "2; 0-1;", "1; 0;", "8; 0-3;"})
    void theyAreToldWhereTheMachineHasMore(int allowed, String online, Integer limited) {
        assertThat(AllowedCores.limited(allowed, online + "\n"))
                .isEqualTo(limited == null ? OptionalInt.empty() : OptionalInt.of(limited));
    }

    /** The JVM's option stands for a container's limit, of which the JVM makes the same number. */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "threads are counted as Linux lists them")
    void onnxRuntimeStartsNoThreadsForCoresThatTheProcessMayNotUse() throws Exception {
        assertThat(new JavaProgram(Opened.class)
                        .option("-XX:ActiveProcessorCount=1")
                        .run(folder))
                .containsExactly("1");
    }

    /** Opens a model, and prints how many threads compute with it: those that ONNX Runtime starts are named as the one that calls it. */
    public static final class Opened {
        private static final String NAME = "wsvd-onnx";

        private Opened() {}

        public static void main(String[] arguments) throws Exception {
            EngineSession session = new OrtEngine().open(new EngineModel(relu(), Map.of()), Engine.Optimization.FULL);
            System.out.println(threads());
            session.close();
        }

        private static long threads() throws IOException {
            try (Stream<Path> all = Files.list(Path.of("/proc/self/task"))) {
                return all.filter(thread -> name(thread).equals(NAME)).count();
            }
        }

        private static String name(Path thread) {
            try {
                return Files.readString(thread.resolve("comm")).strip();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static ModelProto relu() {
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .setGraph(GraphProto.newBuilder()
                        .setName("relu")
                        .addInput(floats("x"))
                        .addOutput(floats("y"))
                        .addNode(NodeProto.newBuilder()
                                .setOpType("Relu")
                                .addInput("x")
                                .addOutput("y")))
                .build();
    }

    private static ValueInfoProto floats(String name) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(
                                TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT.getNumber())))
                .build();
    }
}
