package com.example.tiny;

import com.example.tiny.Step.Size;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Lineage;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** A {@link Network} whose layers can be listed, read and replaced. */
final class TinyModel implements CompressibleModel<Network> {
    private final Path source;
    private final Network network;
    private final Lineage lineage;

    TinyModel(Path source, Network network) {
        this(source, network, Lineage.of(network.steps().stream().map(Step::id).toList()));
    }

    private TinyModel(Path source, Network network, Lineage lineage) {
        this.source = source;
        this.network = network;
        this.lineage = lineage;
    }

    @Override
    public ModelIdentity identity() {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(TinyFile.bytes(network));
            return new ModelIdentity(
                    source.getFileName().toString(), HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }

    @Override
    public List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        Size size = network.input();
        for (Step step : network.steps()) {
            Size seen = step.seen(size);
            size = step.given(seen);
            Layer layer = Layer.of(step.id(), step.op(), step.shape(1, seen), step.shape(1, size));
            boolean depthwise = layer.groups() > 1 && layer.groups() == layer.inChannels();
            layers.add(depthwise ? layer.unsupported("depthwise") : layer);
        }
        return layers;
    }

    @Override
    public Weights weights(LayerId layer) {
        return network.steps().stream()
                .filter(step -> step.id().equals(layer))
                .findFirst()
                .map(step -> Weights.of(step.op().weight(), step.weight().clone()))
                .orElseThrow(() -> unknown(layer));
    }

    private static InvalidInputException unknown(LayerId layer) {
        return new InvalidInputException("The model has no layer '" + layer + "'.");
    }

    @Override
    public CompressibleModel<Network> with(Collection<Replacement> replacements) {
        Map<LayerId, List<Stage>> stages = new HashMap<>();
        for (Replacement replacement : replacements) {
            replacement.stages().forEach((layer, parts) -> {
                check(layer);
                if (stages.put(layer.id(), parts) != null) {
                    throw new InvalidInputException("Layer '" + layer.id() + "' is replaced twice.");
                }
            });
        }
        List<Step> steps = new ArrayList<>();
        Map<LayerId, List<LayerId>> replaced = new HashMap<>();
        for (Step step : network.steps()) {
            List<Step> now = stages.containsKey(step.id()) ? replaced(step, stages.get(step.id())) : List.of(step);
            replaced.put(step.id(), now.stream().map(Step::id).toList());
            steps.addAll(now);
        }
        return new TinyModel(source, new Network(network.input(), steps), lineage.replaced(replaced));
    }

    /** No stage but the last has a bias and an activation. */
    private static List<Step> replaced(Step step, List<Stage> stages) {
        List<Step> steps = new ArrayList<>();
        for (Stage stage : stages) {
            boolean last = steps.size() == stages.size() - 1;
            steps.add(new Step(
                    Names.stage(step.name(), steps.size() + 1, stages.size()),
                    stage.op(),
                    last && step.relu(),
                    stage.weights().all().clone(),
                    last ? corrected(step.bias(), stage) : new float[0]));
        }
        return steps;
    }

    /** A layer without a bias gets one. */
    private static float[] corrected(float[] bias, Stage stage) {
        float[] sum = stage.biasCorrection().orElse(new float[bias.length]).clone();
        for (int i = 0; i < bias.length; i++) {
            sum[i] += bias[i];
        }
        return sum;
    }

    private void check(Layer given) {
        Layer own = layers().stream()
                .filter(layer -> layer.id().equals(given.id()))
                .findFirst()
                .orElseThrow(() -> unknown(given.id()));
        own.unsupportedReason().ifPresent(reason -> {
            throw new InvalidInputException("Layer '" + own.id() + "' cannot be replaced: " + reason + ".");
        });
        if (!own.op().equals(given.op())) {
            throw new InvalidInputException("The stages for layer '" + own.id() + "' are for " + given.op()
                    + "; this model's is " + own.op() + ".");
        }
    }

    @Override
    public List<LayerId> stagesOf(LayerId original) {
        return lineage.stagesOf(original);
    }

    @Override
    public Network model() {
        return network;
    }

    @Override
    public List<Path> files() {
        return List.of(source);
    }

    @Override
    public void requireSavable(Path file) {
        WholeFile.requireFile(file);
        CompressibleModel.super.requireSavable(file);
    }

    @Override
    public void save(Path file) {
        requireSavable(file);
        byte[] bytes = TinyFile.bytes(network);
        WholeFile.write(file, out -> out.write(bytes));
    }
}
