package com.example.tiny;

import com.example.tiny.Step.Kind;
import com.example.tiny.Step.Size;
import com.example.tiny.Step.Window;
import dev.wsvd.domain.ConvLayer;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.spi.CompressibleModel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A {@link Network} whose layers can be listed, read and split. */
final class TinyModel implements CompressibleModel<Network> {
    private final Path source;
    private final Network network;

    TinyModel(Path source, Network network) {
        this.source = source;
        this.network = network;
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
            layers.add(layer(step, seen, size));
        }
        return layers;
    }

    private static Layer layer(Step step, Size seen, Size given) {
        LayerId id = new LayerId(step.name());
        if (step.kind() == Kind.LINEAR) {
            return new LinearLayer(
                    id,
                    WeightShape.linear(step.out(), step.in()),
                    List.of(1L, (long) step.in()),
                    List.of(1L, (long) step.out()),
                    Optional.empty());
        }
        boolean depthwise = step.groups() > 1 && step.groups() == step.in();
        return new ConvLayer(
                id,
                new WeightShape(
                        step.out(),
                        step.in() / step.groups(),
                        List.of(step.rows().kernel(), step.columns().kernel())),
                step.groups(),
                List.of(step.rows().stride(), step.columns().stride()),
                List.of(step.rows().dilation(), step.columns().dilation()),
                List.of(step.rows().padding(), step.columns().padding()),
                List.of(1L, (long) seen.channels(), (long) seen.rows(), (long) seen.columns()),
                List.of(1L, (long) given.channels(), (long) given.rows(), (long) given.columns()),
                depthwise ? Optional.of("depthwise") : Optional.empty());
    }

    @Override
    public float[] weight(LayerId layer) {
        return network.steps().stream()
                .filter(step -> step.name().equals(layer.name()))
                .findFirst()
                .map(step -> step.weight().clone())
                .orElseThrow(() -> unknown(layer));
    }

    private static InvalidInputException unknown(LayerId layer) {
        return new InvalidInputException("The model has no layer '" + layer + "'.");
    }

    @Override
    public CompressibleModel<Network> with(Collection<FactorizedLayer> splits) {
        Map<String, FactorizedLayer> byName = new HashMap<>();
        for (FactorizedLayer split : splits) {
            check(split.layer());
            if (byName.put(split.layer().id().name(), split) != null) {
                throw new InvalidInputException("Layer '" + split.layer().id() + "' is split twice.");
            }
        }
        List<Step> steps = new ArrayList<>();
        for (Step step : network.steps()) {
            FactorizedLayer split = byName.get(step.name());
            if (split == null) {
                steps.add(step);
            } else {
                steps.add(first(step, split));
                steps.add(second(step, split));
            }
        }
        return new TinyModel(source, new Network(network.input(), steps));
    }

    private void check(Layer given) {
        Layer own = layers().stream()
                .filter(layer -> layer.id().equals(given.id()))
                .findFirst()
                .orElseThrow(() -> unknown(given.id()));
        if (own.obstacle().isPresent()) {
            throw new InvalidInputException("Layer '" + own.id() + "' cannot be split: "
                    + own.obstacle().get() + ".");
        }
        if (!own.weight().equals(given.weight()) || own.groups() != given.groups()) {
            throw new InvalidInputException("The factors for layer '" + own.id() + "' are for a weight of shape "
                    + given.weight() + " in " + given.groups() + " groups; this model's has " + own.weight() + " in "
                    + own.groups() + ".");
        }
    }

    /** Sees what the layer saw; it has no bias and no activation. */
    private static Step first(Step step, FactorizedLayer split) {
        Unfolding unfolding = split.split().unfolding();
        return new Step(
                Halves.first(step.name()),
                step.kind(),
                split.firstShape().out(),
                step.in(),
                step.groups(),
                unfolding.inFirst(0) ? step.rows() : Window.POINT,
                unfolding.inFirst(1) ? step.columns() : Window.POINT,
                false,
                split.first().clone(),
                new float[0]);
    }

    /** Gives what the layer gave, shifted. */
    private static Step second(Step step, FactorizedLayer split) {
        Unfolding unfolding = split.split().unfolding();
        return new Step(
                Halves.second(step.name()),
                step.kind(),
                step.out(),
                split.firstShape().out(),
                step.groups(),
                unfolding.inFirst(0) ? Window.POINT : step.rows(),
                unfolding.inFirst(1) ? Window.POINT : step.columns(),
                step.relu(),
                split.second().clone(),
                split.shift().map(shift -> sum(step.bias(), shift)).orElse(step.bias()));
    }

    /** A layer without a bias gets one. */
    private static float[] sum(float[] bias, float[] shift) {
        float[] sum = shift.clone();
        for (int i = 0; i < bias.length; i++) {
            sum[i] += bias[i];
        }
        return sum;
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
