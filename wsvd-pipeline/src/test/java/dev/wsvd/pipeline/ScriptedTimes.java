package dev.wsvd.pipeline;

import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * A real model whose engine takes times as it is told: so many ns per MAC of a layer, by the number of stages in the place of the
 * original's layer, and of the whole network's time the share that is said to follow from that of its layers.
 */
record ScriptedTimes(
        CompressibleModel<OnnxModel> real,
        List<Layer> original,
        ToDoubleFunction<Integer> nsPerMac,
        DoubleUnaryOperator share)
        implements CompressibleModel<OnnxModel> {
    ScriptedTimes(CompressibleModel<OnnxModel> real, ToDoubleFunction<Integer> nsPerMac, DoubleUnaryOperator share) {
        this(real, real.layers(), nsPerMac, share);
    }

    private Map<LayerId, Long> times() {
        Map<LayerId, Integer> stages = new LinkedHashMap<>();
        original.forEach(layer -> {
            List<LayerId> of = real.stagesOf(layer.id());
            of.forEach(stage -> stages.put(stage, of.size()));
        });
        Map<LayerId, Long> times = new LinkedHashMap<>();
        real.layers()
                .forEach(layer -> times.put(
                        layer.id(),
                        Math.round(layer.sized().macs() * nsPerMac.applyAsDouble(stages.getOrDefault(layer.id(), 1)))));
        return times;
    }

    @Override
    public Optional<Stopwatch> stopwatch(TimingConditions conditions) {
        Map<LayerId, Long> times = times();
        double whole = original.stream()
                .mapToDouble(layer -> layer.sized().macs() * nsPerMac.applyAsDouble(1))
                .sum();
        double layers = times.values().stream().mapToLong(time -> time).sum();
        return Optional.of(new Stopwatch() {
            @Override
            public String engine() {
                return "scripted";
            }

            @Override
            public String inputs() {
                return "image";
            }

            @Override
            public long run() {
                return Math.round(share.applyAsDouble(layers / whole) * whole);
            }

            @Override
            public List<Map<LayerId, Long>> profiles(int runs) {
                List<Map<LayerId, Long>> all = new ArrayList<>();
                for (int i = 0; i < runs; i++) {
                    all.add(times);
                }
                return all;
            }

            @Override
            public void close() {}
        });
    }

    @Override
    public CompressibleModel<OnnxModel> with(Collection<Replacement> replacements) {
        return new ScriptedTimes(real.with(replacements), original, nsPerMac, share);
    }

    @Override
    public ModelIdentity identity() {
        return real.identity();
    }

    @Override
    public List<Layer> layers() {
        return real.layers();
    }

    @Override
    public List<Coupling> couplings() {
        return real.couplings();
    }

    @Override
    public List<Siblings> siblings() {
        return real.siblings();
    }

    @Override
    public int channelBlock(Layer layer) {
        return real.channelBlock(layer);
    }

    @Override
    public int channelAlignment(Layer layer) {
        return real.channelAlignment(layer);
    }

    @Override
    public Weights weights(LayerId layer) {
        return real.weights(layer);
    }

    @Override
    public Optional<float[]> bias(LayerId layer) {
        return real.bias(layer);
    }

    @Override
    public List<LayerId> stagesOf(LayerId layer) {
        return real.stagesOf(layer);
    }

    @Override
    public List<Path> files() {
        return real.files();
    }

    @Override
    public OnnxModel model() {
        return real.model();
    }

    @Override
    public void save(Path path) {
        real.save(path);
    }

    @Override
    public void close() {
        real.close();
    }
}
