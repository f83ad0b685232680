package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.isolate.IsolatedEngine;
import dev.wsvd.domain.spi.Isolation;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * An ONNX model in memory. Immutable.
 *
 * @param proto the model; the weights of a model that was opened from a file stay in that file, mapped, so the file must not
 *     change while this is in use
 * @param folder where external data is looked for; empty for a model that may have none
 * @param isolation the limits of the process that ONNX Runtime runs this model in; empty for this process
 * @param share the part of ONNX Runtime that runs this model; empty for all of it
 */
public record OnnxModel(
        ModelProto proto, Optional<Path> folder, Optional<Isolation> isolation, Optional<EngineShare> share) {
    public OnnxModel {
        Objects.requireNonNull(proto, "proto");
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(isolation, "isolation");
        Objects.requireNonNull(share, "share");
    }

    /** A model that all of ONNX Runtime runs. */
    public OnnxModel(ModelProto proto, Optional<Path> folder, Optional<Isolation> isolation) {
        this(proto, folder, isolation, Optional.empty());
    }

    /** A model made in memory, without external data. */
    public OnnxModel(ModelProto proto) {
        this(proto, Optional.empty(), Optional.empty());
    }

    /** Another model that is run in the same way. */
    OnnxModel with(ModelProto other) {
        return new OnnxModel(other, folder, isolation, share);
    }

    /** This model, run by a part of ONNX Runtime. */
    OnnxModel with(EngineShare part) {
        return new OnnxModel(proto, folder, isolation, Optional.of(part));
    }

    /** Ends the process of its own that the worker has whose part of ONNX Runtime runs this model, if it has one. */
    void endWorker() {
        isolation.ifPresent(limits -> share.ifPresent(part -> IsolatedEngine.end(limits, part.worker())));
    }

    /** What runs it. */
    Engine engine() {
        return share.map(part -> IsolatedEngine.of(isolation, part.worker(), part.threads()))
                .orElseGet(() -> IsolatedEngine.of(isolation));
    }
}
