package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.JavaProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A model's parts for several workers at once: threads, processes, and how many the memory is enough for. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WorkerModelsTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final String MEMORY = "wsvd.onnx.memory";
    private static final String THREADS_ARE_LISTED = "threads are counted as Linux lists them";

    @TempDir
    Path folder;

    @AfterEach
    void asBefore() {
        System.clearProperty(MEMORY);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = THREADS_ARE_LISTED)
    void aWorkerComputesWithItsThreads() throws Exception {
        assertThat(new JavaProgram(Opened.class).run(folder)).containsExactly("2", "0");
    }

    /**
     * Prints how many threads ONNX Runtime has beside the one that calls it, for a worker with three and for one with one. They are named as that
     * one, and are none of Java's.
     */
    public static final class Opened {
        private static final String NAME = "wsvd-onnx";

        private Opened() {}

        public static void main(String[] arguments) {
            CompressibleModel<OnnxModel> model = FORMAT.of(network(3), "network", OpenOptions.DEFAULT);
            for (int threads : new int[] {3, 1}) {
                try (CompressibleModel<OnnxModel> worker = model.forWorker(0, threads);
                        Predictor open = FORMAT.predictor(worker.model())) {
                    open.run(zeros());
                    System.out.println(threads(ProcessHandle.current(), NAME) - callers());
                }
            }
        }

        private static long callers() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().equals(NAME))
                    .count();
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = THREADS_ARE_LISTED)
    void anIsolatedOneToo() {
        Set<ProcessHandle> others = children();
        CompressibleModel<OnnxModel> model = isolated(81);
        try (CompressibleModel<OnnxModel> three = model.forWorker(0, 3);
                CompressibleModel<OnnxModel> one = model.forWorker(0, 1)) {
            try (Predictor first = FORMAT.predictor(one.model())) {
                first.run(zeros());
                long alone = computing(others);
                try (Predictor second = FORMAT.predictor(three.model())) {
                    second.run(zeros());
                    assertThat(computing(others)).isEqualTo(alone + 2);
                }
            }
        }
    }

    /** The server's thread is one of them. */
    private static long computing(Set<ProcessHandle> others) {
        Set<ProcessHandle> own = own(others);
        assertThat(own).hasSize(1);
        return threads(own.iterator().next(), "pool-1-thread-1");
    }

    @Test
    void isolatedWorkersHaveAProcessEachWhateverTheirThreadsWhichEndsWithTheirs() {
        Set<ProcessHandle> others = children();
        CompressibleModel<OnnxModel> model = isolated(82);
        CompressibleModel<OnnxModel> first = model.forWorker(0, 1);
        try (CompressibleModel<OnnxModel> again = model.forWorker(0, 2);
                CompressibleModel<OnnxModel> second = model.forWorker(1, 1)) {
            Map<String, Tensor> given = FullRank.run(first.model(), zeros());
            Set<ProcessHandle> ofFirst = own(others);
            assertThat(ofFirst).hasSize(1);
            FullRank.run(again.model(), zeros());
            assertThat(own(others)).isEqualTo(ofFirst);
            FullRank.run(second.model(), zeros());
            assertThat(own(others)).hasSize(2);

            CompressibleModel<OnnxModel> made = first.with(List.of());
            made.close();
            assertThat(own(others)).as("when what was made of it is closed").hasSize(2);
            first.close();
            assertThat(own(others)).hasSize(1).doesNotContainAnyElementsOf(ofFirst);

            Map<String, Tensor> after = FullRank.run(made.model(), zeros());
            assertThat(after.get("y").data()).isEqualTo(given.get("y").data());
            FullRank.run(model.model(), zeros());
            assertThat(own(others))
                    .as("with another of the first and that of none")
                    .hasSize(3);
        }
        assertThat(own(others)).as("that of none").hasSize(1);
    }

    /** A session of a small model counts as 64 MiB, one of a large as four times its weights, an isolated one as what it may have. */
    @ParameterizedTest
    @CsvSource({
        "4, 0, 300000000, 4",
        "5000000, 0, 300000000, 3",
        "4, 256000000, 600000000, 2",
        "4, 0, 1000, 1",
        "4, 0, 2, 1"
    })
    void thereAreAsManyAsTheMemoryIsEnoughFor(int elements, long isolation, String memory, int workers) {
        System.setProperty(MEMORY, memory);
        OpenOptions options = isolation == 0
                ? OpenOptions.DEFAULT
                : OpenOptions.DEFAULT.isolated(new Isolation(Duration.ofSeconds(60), isolation));

        assertThat(FORMAT.of(network(elements), "network", options).workers()).isEqualTo(workers);
    }

    @ParameterizedTest
    @CsvSource({"-1, 1", "0, 0", "2, -3"})
    void whatIsNoShareIsRefused(int worker, int threads) {
        assertThatThrownBy(() -> isolated(83).forWorker(worker, threads))
                .isInstanceOf(InvalidInputException.class)
                .hasMessage("A worker's number is at least 0 and its threads at least 1, found " + worker + " and "
                        + threads + ".");
    }

    /** @param seconds that no other test has, so that its processes are its own */
    private static CompressibleModel<OnnxModel> isolated(int seconds) {
        Isolation own = new Isolation(Duration.ofSeconds(seconds), Isolation.DEFAULT.memory());
        return FORMAT.of(network(3), "network", OpenOptions.DEFAULT.isolated(own));
    }

    private static ModelProto network(int elements) {
        return new ModelBuilder()
                .input("x", 1, 1)
                .weight("w", 1, elements)
                .node("MatMul", "fc", List.of("x", "w"), "y")
                .output("y")
                .build();
    }

    private static Map<String, Tensor> zeros() {
        return Map.of("x", Tensor.ofFloats(List.of(1L, 1L), new float[1]));
    }

    private static Set<ProcessHandle> children() {
        return ProcessHandle.current().children().collect(Collectors.toSet());
    }

    private static Set<ProcessHandle> own(Set<ProcessHandle> others) {
        Set<ProcessHandle> own = children();
        own.removeAll(others);
        return own;
    }

    private static long threads(ProcessHandle process, String name) {
        try (Stream<Path> all = Files.list(Path.of("/proc", String.valueOf(process.pid()), "task"))) {
            return all.filter(thread -> name(thread).equals(name)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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
