package dev.wsvd.adapter.onnx.internal.engine;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A session of ONNX Runtime in this process and the weights it looks at, closed together. */
public final class OrtEngineSession implements EngineSession {
    private static final int LONGEST_REASON = 400;

    @FunctionalInterface
    private interface Run {
        OrtSession.Result of(Map<String, OnnxTensorLike> feed) throws OrtException;
    }

    @FunctionalInterface
    private interface Setting {
        void apply(OrtSession.SessionOptions options) throws OrtException;
    }

    private final OrtSession session;
    private final Map<String, OnnxTensorLike> weights;
    private final List<EngineValue> inputs;
    private final List<EngineValue> outputs;

    private OrtEngineSession(OrtSession session, Map<String, OnnxTensorLike> weights) throws OrtException {
        this.session = session;
        this.weights = weights;
        this.inputs = values(session.getInputInfo().values());
        this.outputs = values(session.getOutputInfo().values());
    }

    /**
     * A session of a model.
     *
     * @param model an ONNX {@code ModelProto}, in a direct buffer
     * @param weights the stored tensors that the model says are handed over in memory
     * @param threads that it computes with; empty for as many as there are cores that this process may use
     * @throws EngineException if ONNX Runtime does not take the model
     * @throws ModelFormatException if ONNX Runtime does not work on this machine
     */
    public static OrtEngineSession open(
            ByteBuffer model, Map<String, Tensor> weights, Engine.Optimization optimization, OptionalInt threads)
            throws EngineException {
        OptionalInt limited = threads.isPresent() ? threads : AllowedCores.ofThisProcess();
        return open(model, weights, optimization, options -> {
            if (limited.isPresent()) {
                options.setIntraOpNumThreads(limited.getAsInt());
            }
        });
    }

    /**
     * A fully optimised session that computes with so many threads.
     *
     * @param profile what the name of the file begins with that ONNX Runtime's profile is written to when it is closed; empty for none
     * @throws EngineException if ONNX Runtime does not take the model
     * @throws ModelFormatException if ONNX Runtime does not work on this machine
     */
    static OrtEngineSession open(ByteBuffer model, Map<String, Tensor> weights, int threads, Optional<Path> profile)
            throws EngineException {
        return open(model, weights, Engine.Optimization.FULL, options -> {
            options.setIntraOpNumThreads(threads);
            if (profile.isPresent()) {
                options.enableProfiling(profile.get().toString());
            }
        });
    }

    /** ONNX Runtime's version. */
    public static String version() {
        return environment().getVersion();
    }

    private static OrtEngineSession open(
            ByteBuffer model, Map<String, Tensor> weights, Engine.Optimization optimization, Setting setting)
            throws EngineException {
        OrtEnvironment environment = environment();
        Map<String, OnnxTensorLike> handed = new HashMap<>();
        OrtSession session = null;
        OrtEngineSession opened = null;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            fill(handed, weights);
            // Threads that spin while they wait take the processor from everything else, the next run included.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.setOptimizationLevel(
                    optimization == Engine.Optimization.FULL
                            ? OrtSession.SessionOptions.OptLevel.ALL_OPT
                            : OrtSession.SessionOptions.OptLevel.NO_OPT);
            if (!handed.isEmpty()) {
                options.addExternalInitializers(handed);
            }
            setting.apply(options);
            session = environment.createSession(model, options);
            opened = new OrtEngineSession(session, handed);
            return opened;
        } catch (OrtException e) {
            throw failure(e);
        } finally {
            if (opened == null) {
                close(session, handed);
            }
        }
    }

    /**
     * What a fully optimised session fuses a model's operators into. ONNX Runtime tells by a file only, as large as the model, which is
     * written to the folder for temporary files and deleted.
     *
     * @return see {@link Engine#fusedOperators}
     * @throws EngineException if ONNX Runtime does not take the model, or the file cannot be written or read
     * @throws ModelFormatException if ONNX Runtime does not work on this machine
     */
    public static Map<String, Integer> fusedOperators(ByteBuffer model, Map<String, Tensor> weights)
            throws EngineException {
        try {
            Path file = Files.createTempFile("wsvd-optimised", ".onnx");
            // Also where the command ends before this does.
            file.toFile().deleteOnExit();
            try {
                open(
                                model,
                                weights,
                                Engine.Optimization.FULL,
                                options -> options.setOptimizedModelFilePath(file.toString()))
                        .close();
                return OptimizedGraph.fusedOperators(file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new EngineException("its optimised graph cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Loads ONNX Runtime, which the first session would do otherwise.
     *
     * @throws ModelFormatException if it does not work on this machine
     */
    public static void prepare() {
        environment();
    }

    /**
     * The process's one environment. Quiet: what goes wrong comes as an exception, and its warnings would appear between the
     * lines of a report.
     */
    private static OrtEnvironment environment() {
        try {
            return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "wsvd");
        } catch (LinkageError | RuntimeException e) {
            throw new ModelFormatException("ONNX Runtime cannot be loaded: " + e.getMessage() + ".", e);
        }
    }

    @Override
    public List<EngineValue> inputs() {
        return inputs;
    }

    @Override
    public List<EngineValue> outputs() {
        return outputs;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> feed) throws EngineException {
        try {
            return run(feed, session::run);
        } catch (OrtException e) {
            throw failure(e);
        }
    }

    @Override
    public Optional<Map<String, Tensor>> run(Map<String, Tensor> feed, Duration limit) throws EngineException {
        try (RunLimit running = new RunLimit(limit)) {
            try {
                return Optional.of(run(feed, given -> session.run(given, running.options())));
            } catch (OrtException e) {
                if (running.isOver()) {
                    return Optional.empty();
                }
                throw e;
            }
        } catch (OrtException e) {
            throw failure(e);
        }
    }

    private Map<String, Tensor> run(Map<String, Tensor> feed, Run run) throws OrtException {
        Map<String, OnnxTensorLike> given = new HashMap<>();
        try {
            fill(given, feed);
            try (OrtSession.Result result = run.of(given)) {
                return read(result);
            }
        } finally {
            given.values().forEach(OnnxTensorLike::close);
        }
    }

    private static Map<String, Tensor> read(OrtSession.Result result) throws OrtException {
        Map<String, Tensor> read = new LinkedHashMap<>();
        for (Map.Entry<String, OnnxValue> output : result) {
            if (output.getValue() instanceof OnnxTensor tensor) {
                Optional<ElementType> type = OrtTypes.elementType(tensor.getInfo().onnxType);
                if (type.isPresent()) {
                    List<Long> dims =
                            Arrays.stream(tensor.getInfo().getShape()).boxed().toList();
                    read.put(output.getKey(), new Tensor(type.get(), dims, tensor.getByteBuffer()));
                }
            }
        }
        return read;
    }

    @Override
    public void close() {
        close(session, weights);
    }

    private static void close(OrtSession session, Map<String, OnnxTensorLike> weights) {
        try {
            if (session != null) {
                session.close();
            }
        } catch (OrtException e) {
            throw new ModelFormatException("ONNX Runtime failed to close a session: " + reason(e) + ".", e);
        } finally {
            weights.values().forEach(OnnxTensorLike::close);
        }
    }

    /** Tensors in the words of ONNX Runtime, added one by one so that those made can be closed should one fail. */
    private static void fill(Map<String, OnnxTensorLike> to, Map<String, Tensor> tensors) throws OrtException {
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            to.put(tensor.getKey(), tensor(tensor.getValue()));
        }
    }

    /** The same memory wherever ONNX Runtime can use it: off the heap and aligned. */
    private static OnnxTensor tensor(Tensor tensor) throws OrtException {
        ByteBuffer bytes = tensor.data();
        if (!bytes.isDirect() || bytes.alignmentOffset(0, tensor.type().bytes()) != 0) {
            bytes = ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).rewind();
        }
        long[] dims = tensor.shape().stream().mapToLong(d -> d).toArray();
        return OnnxTensor.createTensor(
                environment(),
                bytes.order(ByteOrder.nativeOrder()),
                dims,
                OrtTypes.javaType(tensor.type()).orElseThrow());
    }

    private static List<EngineValue> values(Collection<NodeInfo> infos) {
        return infos.stream().map(OrtEngineSession::value).toList();
    }

    private static EngineValue value(NodeInfo info) {
        if (info.getInfo() instanceof TensorInfo tensor) {
            List<Long> dims = Arrays.stream(tensor.getShape()).boxed().toList();
            return new EngineValue(info.getName(), OrtTypes.number(tensor.onnxType), dims);
        }
        return new EngineValue(info.getName(), 0, List.of());
    }

    private static EngineException failure(OrtException e) {
        return new EngineException(reason(e), e);
    }

    /** What ONNX Runtime said, in one line. */
    static String reason(OrtException e) {
        String text = String.valueOf(e.getMessage()).replaceFirst("^Error code - \\w+ - message: ", "");
        String line = text.lines().findFirst().orElse(text).strip();
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "…";
    }
}
