package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
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
 */
public record OnnxModel(ModelProto proto, Optional<Path> folder, Optional<Isolation> isolation) {
    public OnnxModel {
        Objects.requireNonNull(proto, "proto");
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(isolation, "isolation");
    }

    /** A model made in memory, without external data. */
    public OnnxModel(ModelProto proto) {
        this(proto, Optional.empty(), Optional.empty());
    }
}
