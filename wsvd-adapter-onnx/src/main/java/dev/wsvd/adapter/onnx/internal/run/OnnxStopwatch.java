package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.engine.OrtEngineSession;
import dev.wsvd.adapter.onnx.internal.engine.RunProfile;
import dev.wsvd.adapter.onnx.internal.engine.ThreadedEngine;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Times a model in ONNX Runtime in this process. Its profile goes through a file in the folder for temporary files. */
public final class OnnxStopwatch implements Stopwatch {
    private static final int WARM_UPS = 2;
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final ModelProto model;
    private final ExternalData external;
    private final Map<String, Tensor> input;
    private final int threads;
    private final OnnxPredictor predictor;

    /**
     * @param input what the model runs on
     * @throws ModelFormatException if ONNX Runtime does not take the model, or does not come to an end with it in time
     */
    public OnnxStopwatch(ModelProto model, ExternalData external, Map<String, Tensor> input, int threads) {
        this.model = model;
        this.external = external;
        this.input = input;
        this.threads = threads;
        this.predictor = OnnxPredictor.of(ThreadedEngine.of(threads), model, external);
        try {
            requireEnd();
        } catch (RuntimeException | Error e) {
            predictor.close();
            throw e;
        }
    }

    /** Looks before anything is timed, which has no limit. */
    private void requireEnd() {
        if (predictor.run(input, LONGEST).isEmpty()) {
            throw new ModelFormatException("A run of the model on zeros takes longer than " + LONGEST.toSeconds()
                    + " s, too long to be timed.");
        }
    }

    @Override
    public String engine() {
        return "ONNX Runtime " + OrtEngineSession.version();
    }

    @Override
    public String inputs() {
        return input.entrySet().stream()
                .map(one -> one.getKey() + " " + one.getValue().shape())
                .sorted()
                .collect(Collectors.joining(", "));
    }

    @Override
    public long run() {
        return run(predictor);
    }

    private long run(OnnxPredictor of) {
        long start = System.nanoTime();
        of.run(input);
        return Math.max(1, System.nanoTime() - start);
    }

    @Override
    public List<Map<LayerId, Long>> profiles(int runs) {
        NodeOwners owners = NodeOwners.of(model, GraphScan.of(model));
        return measured(runs).stream().skip(WARM_UPS).map(owners::byLayer).toList();
    }

    private List<RunProfile> measured(int runs) {
        try {
            Path folder = Files.createTempDirectory("wsvd-profile");
            try {
                try (OnnxPredictor profiled = OnnxPredictor.of(
                        ThreadedEngine.profiled(threads, folder.resolve("run")),
                        NodeOwners.numbered(model),
                        external)) {
                    for (int i = 0; i < WARM_UPS + runs; i++) {
                        run(profiled);
                    }
                }
                return RunProfile.read(only(folder));
            } finally {
                delete(folder);
            }
        } catch (IOException e) {
            throw new ModelFormatException("ONNX Runtime's profile cannot be read: " + e.getMessage(), e);
        }
    }

    private static Path only(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findFirst().orElseThrow(() -> new IOException("there is none"));
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Override
    public void close() {
        predictor.close();
    }
}
