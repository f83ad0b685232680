package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.wsvd.adapter.djl.internal.block.BlockCopy;
import dev.wsvd.adapter.djl.internal.block.Lineage;
import dev.wsvd.adapter.djl.internal.block.RecurrentWeight;
import dev.wsvd.adapter.djl.internal.probe.Inputs;
import dev.wsvd.adapter.djl.internal.probe.Observation;
import dev.wsvd.adapter.djl.internal.probe.RecurrentInputs;
import dev.wsvd.adapter.djl.internal.probe.WatchedNetwork;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A copy of a model's network that gives, beside its outputs, what layers see and give, by the layers' names: those are the same
 * however many other layers are split.
 */
final class DjlProbe implements DjlPredictor.Network {
    private final WatchedNetwork<Tensor> network;
    private final Map<String, String> givers;
    private final Map<String, RecurrentWeight> recurrent;
    /** Paths of the layers that ran once in the first run, and only as blocks. */
    private Set<String> watched;

    private DjlProbe(
            WatchedNetwork<Tensor> network, Map<String, String> givers, Map<String, RecurrentWeight> recurrent) {
        this.network = network;
        this.givers = givers;
        this.recurrent = recurrent;
    }

    /**
     * @param made the model's network before any layer was replaced, without weights
     * @param layers those to watch; others, and those that cannot be watched, are left out
     */
    static Probe of(Model model, Block made, Inputs inputs, Collection<LayerId> layers) {
        Set<String> paths = layers.stream().map(LayerId::name).collect(Collectors.toSet());
        NDManager manager = model.getNDManager().newSubManager();
        try {
            Block copy = BlockCopy.of(model.getBlock(), made, manager);
            Map<String, RecurrentWeight> recurrent = RecurrentWeight.of(copy).stream()
                    .collect(Collectors.toMap(RecurrentWeight::path, Function.identity()));
            DjlProbe probe = new DjlProbe(
                    new WatchedNetwork<>(copy, paths::contains, DjlPredictor::tensor),
                    Lineage.of(model.getBlock()).givers(),
                    recurrent);
            DjlPredictor predictor = new DjlPredictor(model, inputs, probe, manager::close);
            return new Probe(
                    predictor,
                    probe.watched.stream().collect(Collectors.toMap(LayerId::new, DjlProbe::input)),
                    probe.watched.stream().collect(Collectors.toMap(LayerId::new, probe::output)));
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public Map<String, Tensor> run(NDManager manager, NDList inputs) {
        WatchedNetwork.Run<Tensor> run = network.run(manager, inputs);
        if (watched == null) {
            watched = run.layers().entrySet().stream()
                    .filter(layer -> layer.getValue().unsupportedReason().isEmpty())
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
        }
        Map<String, Tensor> results = new LinkedHashMap<>(DjlPredictor.named(run.outputs()));
        run.layers().forEach((path, seen) -> {
            if (watched.contains(path)) {
                requireOnce(path, seen);
                results.put(input(path), seen.input().orElseThrow());
                results.put(output(path), output(path, seen, manager));
            }
        });
        return results;
    }

    private Tensor output(String path, Observation<Tensor> seen, NDManager manager) {
        if (!recurrent.containsKey(path)) {
            return seen.output().orElseThrow();
        }
        NDArray sequence = DjlPredictor.array(
                manager,
                seen.input().orElseThrow(),
                recurrent.get(path).arrays().get(0).getDataType());
        return DjlPredictor.tensor(RecurrentInputs.gates(sequence, recurrent.get(path)));
    }

    private static void requireOnce(String path, Observation<Tensor> seen) {
        seen.unsupportedReason().ifPresent(reason -> {
            throw new IllegalStateException("layer '" + path + "' ran once on a sample of ones, but now " + reason);
        });
    }

    private static String input(String path) {
        return path + ":input";
    }

    /** The last stage of a layer gives what the layer did before it was replaced, and under its name. */
    private String output(String path) {
        return givers.get(path) + ":output";
    }
}
