package com.example.tiny;

import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.testkit.FormatFeature;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** The contract of the example if it had no probe. Not run by itself, but by tests that look at what it finds. */
final class WithoutProbe extends ModelFormatContract<Network> {
    @Override
    protected ModelFormat<Network> format() {
        return new Blind(new TinyFormat());
    }

    @Override
    protected Path writeExample(Path folder) throws IOException {
        return new TinyFormatTest().writeExample(folder);
    }

    @Override
    protected Map<FormatFeature, String> lacks() {
        return Map.of(FormatFeature.PROBE, "its engine shows outputs only");
    }

    private record Blind(TinyFormat tiny) implements ModelFormat<Network> {
        @Override
        public String id() {
            return tiny.id();
        }

        @Override
        public boolean accepts(Path path) {
            return tiny.accepts(path);
        }

        @Override
        public CompressibleModel<Network> open(Path path, OpenOptions options) {
            return tiny.open(path, options);
        }

        @Override
        public Predictor predictor(Network model) {
            return tiny.predictor(model);
        }
    }
}
