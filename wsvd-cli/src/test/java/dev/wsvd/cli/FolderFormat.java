package dev.wsvd.cli;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.ModelFormatProvider;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/** A format whose models are folders that hold {@code network.onnx}. */
record FolderFormat(OnnxFormat onnx) implements ModelFormat<OnnxModel> {
    static final String FILE = "network.onnx";

    /** Found where a service file names it. */
    public static final class Provider implements ModelFormatProvider {
        @Override
        public String id() {
            return "folder";
        }

        @Override
        public String version() {
            return "1.0";
        }

        @Override
        public int priority() {
            return 1;
        }

        @Override
        public ModelFormat<?> create() {
            return new FolderFormat(new OnnxFormat());
        }
    }

    @Override
    public String id() {
        return "folder";
    }

    @Override
    public boolean accepts(Path folder) {
        return onnx.accepts(folder.resolve(FILE));
    }

    @Override
    public CompressibleModel<OnnxModel> open(Path folder, OpenOptions options) {
        return new Model(folder, onnx.open(folder.resolve(FILE), options));
    }

    @Override
    public Predictor predictor(OnnxModel model) {
        return onnx.predictor(model);
    }

    @Override
    public Probe probe(OnnxModel model, Collection<LayerId> layers) {
        return onnx.probe(model, layers);
    }

    private record Model(Path folder, CompressibleModel<OnnxModel> network) implements CompressibleModel<OnnxModel> {
        @Override
        public ModelIdentity identity() {
            return new ModelIdentity(
                    folder.getFileName().toString(), network.identity().sha256());
        }

        @Override
        public List<Layer> layers() {
            return network.layers();
        }

        @Override
        public OptionalLong parameters() {
            return network.parameters();
        }

        @Override
        public Weights weights(LayerId layer) {
            return network.weights(layer);
        }

        @Override
        public CompressibleModel<OnnxModel> with(Collection<Replacement> replacements) {
            return new Model(folder, network.with(replacements));
        }

        @Override
        public List<LayerId> stagesOf(LayerId original) {
            return network.stagesOf(original);
        }

        @Override
        public OnnxModel model() {
            return network.model();
        }

        @Override
        public List<Path> files() {
            return List.of(folder);
        }

        @Override
        public void save(Path target) {
            if (target.equals(folder)) {
                throw new InvalidInputException("'" + target + "' is the folder the model was opened from.");
            }
            try {
                Files.createDirectories(target);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            network.save(target.resolve(FILE));
        }
    }
}
