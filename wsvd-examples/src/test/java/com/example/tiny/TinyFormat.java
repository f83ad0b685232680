package com.example.tiny;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Predictor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Files that begin with {@code tiny}. */
final class TinyFormat implements ModelFormat<Network> {
    /** Bounds what a hostile file can ask for. */
    private static final long LARGEST_FILE = 1L << 30;

    @Override
    public String id() {
        return "tiny";
    }

    @Override
    public boolean accepts(Path path) {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        try (InputStream file = Files.newInputStream(path)) {
            byte[] first = file.readNBytes(TinyFile.MAGIC.length());
            return new String(first, StandardCharsets.ISO_8859_1).equals(TinyFile.MAGIC);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public CompressibleModel<Network> open(Path path, OpenOptions options) {
        options.requireSameProcess(id());
        options.requireOwnWeights(id());
        if (!Files.isRegularFile(path)) {
            throw new InvalidInputException("There is no file '" + path + "'.");
        }
        if (!accepts(path)) {
            throw new InvalidInputException("'" + path + "' is not a tiny network.");
        }
        try {
            if (Files.size(path) > LARGEST_FILE) {
                throw new ModelFormatException("'" + path + "' has more than " + LARGEST_FILE + " bytes.");
            }
            return new TinyModel(path, read(path, Files.readAllBytes(path)));
        } catch (IOException e) {
            throw new ModelFormatException("'" + path + "' could not be read.", e);
        }
    }

    private static Network read(Path path, byte[] bytes) {
        try {
            return TinyFile.read(bytes);
        } catch (ModelFormatException e) {
            throw new ModelFormatException("'" + path + "' is not a whole network: " + e.getMessage(), e);
        }
    }

    @Override
    public Predictor predictor(Network model) {
        return new TinyPredictor(model, Set.of());
    }

    @Override
    public Probe probe(Network model, Collection<LayerId> layers) {
        Set<String> watched = model.steps().stream()
                .map(Step::name)
                .filter(name -> layers.contains(new LayerId(name)))
                .collect(Collectors.toSet());
        Map<LayerId, String> inputs = new HashMap<>();
        Map<LayerId, String> outputs = new HashMap<>();
        for (String name : watched) {
            inputs.put(new LayerId(name), Names.input(name));
            outputs.put(new LayerId(name), Names.output(name));
        }
        return new Probe(new TinyPredictor(model, watched), inputs, outputs);
    }
}
