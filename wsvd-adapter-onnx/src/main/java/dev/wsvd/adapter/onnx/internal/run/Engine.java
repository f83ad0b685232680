package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import com.google.protobuf.CodedOutputStream;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** ONNX Runtime: makes sessions of models in memory, and says in one line what it could not do. */
public final class Engine {
    private static final int LONGEST_REASON = 400;

    private Engine() {}

    /** What a session does to the graph before it runs it. */
    public enum Optimization {
        /** Nothing, so that every tensor of the graph can be asked for. */
        NONE,
        /** All it can. */
        FULL
    }

    /**
     * The process's one environment. Quiet: what goes wrong comes as an exception, and its warnings would appear between the
     * lines of a report.
     *
     * @throws ModelFormatException if ONNX Runtime does not work on this machine
     */
    static OrtEnvironment environment() {
        try {
            return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, "wsvd");
        } catch (LinkageError | RuntimeException e) {
            throw new ModelFormatException("ONNX Runtime cannot be loaded: " + e.getMessage() + ".", e);
        }
    }

    /**
     * A session of a model.
     *
     * @throws OrtException if ONNX Runtime does not take the model
     * @throws ModelFormatException if it cannot be given to ONNX Runtime at all
     */
    public static EngineSession open(ModelProto model, ExternalData external, Optimization optimization)
            throws OrtException {
        OrtEnvironment environment = environment();
        DetachedWeights weights = DetachedWeights.of(environment, KernelShapes.stated(model), external);
        OrtSession session = null;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // Threads that spin while they wait take the processor from everything else, the next run included.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            options.setOptimizationLevel(
                    optimization == Optimization.FULL
                            ? OrtSession.SessionOptions.OptLevel.ALL_OPT
                            : OrtSession.SessionOptions.OptLevel.NO_OPT);
            if (!weights.tensors().isEmpty()) {
                options.addExternalInitializers(weights.tensors());
            }
            session = environment.createSession(serialized(weights.model()), options);
            return new EngineSession(environment, session, weights);
        } finally {
            if (session == null) {
                weights.close();
            }
        }
    }

    /** What ONNX Runtime said, in one line. */
    public static String reason(OrtException e) {
        String text = String.valueOf(e.getMessage()).replaceFirst("^Error code - \\w+ - message: ", "");
        String line = text.lines().findFirst().orElse(text).strip();
        return line.length() <= LONGEST_REASON ? line : line.substring(0, LONGEST_REASON) + "…";
    }

    private static ByteBuffer serialized(ModelProto model) {
        if (model.getSerializedSize() < 0) {
            throw new ModelFormatException("The model has more than " + Integer.MAX_VALUE
                    + " bytes outside its main graph's weights; ONNX Runtime cannot take it.");
        }
        try {
            ByteBuffer bytes = ByteBuffer.allocateDirect(model.getSerializedSize());
            CodedOutputStream out = CodedOutputStream.newInstance(bytes);
            model.writeTo(out);
            out.flush();
            return bytes.rewind();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (OutOfMemoryError e) {
            throw new ModelFormatException(
                    "The model's " + model.getSerializedSize()
                            + " bytes do not fit into this process's direct memory. Maybe raise -Xmx or"
                            + " -XX:MaxDirectMemorySize.",
                    e);
        }
    }
}
