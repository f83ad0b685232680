package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.wsvd.adapter.djl.internal.block.BlockCopy;
import dev.wsvd.adapter.djl.internal.probe.Inputs;
import dev.wsvd.adapter.djl.internal.probe.Observation;
import dev.wsvd.adapter.djl.internal.probe.WatchedNetwork;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Stopwatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Times a network by DJL's engine. Watchers in a copy of it look at the clock when a layer begins; a layer has the time until the next
 * one does. How many threads an engine computes with is set before it is loaded, and stays.
 */
final class DjlStopwatch implements Stopwatch {
    private static final int WARM_UPS = 2;

    private final Model model;
    private final NDManager manager;
    private final Inputs inputs;
    private final int batch;
    private final Block copy;

    /** @param made the model's network before any layer was replaced, without weights */
    DjlStopwatch(Model model, Block made, Inputs inputs, int batch) {
        this.model = model;
        this.inputs = inputs;
        this.batch = batch;
        this.manager = model.getNDManager().newSubManager();
        try {
            this.copy = BlockCopy.of(model.getBlock(), made, manager);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public String engine() {
        Engine engine = manager.getEngine();
        return engine.getEngineName() + " " + engine.getVersion() + ", as many threads as it was loaded with";
    }

    @Override
    public String inputs() {
        return inputs + ", batch of " + batch;
    }

    @Override
    public long run() {
        try (NDManager run = manager.newSubManager()) {
            // What is computed belongs to the manager of what it is computed from.
            NDList input = inputs.dummy(run, batch);
            long start = System.nanoTime();
            finish(model.getBlock().forward(new ParameterStore(run, false), input, false));
            return Math.max(1, System.nanoTime() - start);
        } catch (RuntimeException e) {
            throw failure(e);
        }
    }

    /** Asks for the numbers, which an engine may not have computed before. */
    private static void finish(NDList outputs) {
        outputs.forEach(NDArray::toByteBuffer);
    }

    private ModelFormatException failure(RuntimeException e) {
        return new ModelFormatException(
                "The engine cannot run the model '" + model.getName() + "': " + e.getMessage(), e);
    }

    @Override
    public List<Map<LayerId, Long>> profiles(int runs) {
        WatchedNetwork<Long> network = new WatchedNetwork<>(copy, path -> true, array -> System.nanoTime());
        List<Map<LayerId, Long>> profiles = new ArrayList<>();
        try {
            for (int i = 0; i < WARM_UPS + runs; i++) {
                Map<LayerId, Long> profile = profile(network);
                if (i >= WARM_UPS) {
                    profiles.add(profile);
                }
            }
        } catch (RuntimeException e) {
            throw failure(e);
        }
        return profiles;
    }

    private Map<LayerId, Long> profile(WatchedNetwork<Long> network) {
        try (NDManager run = manager.newSubManager()) {
            NDList input = inputs.dummy(run, batch);
            long start = System.nanoTime();
            WatchedNetwork.Run<Long> made = network.run(run, input);
            finish(made.outputs());
            return byLayer(made.layers(), start, System.nanoTime());
        }
    }

    /** What comes before the first layer is the first's. */
    private static Map<LayerId, Long> byLayer(Map<String, Observation<Long>> seen, long start, long end) {
        List<Map.Entry<String, Observation<Long>>> inOrder = seen.entrySet().stream()
                .filter(layer -> layer.getValue().input().isPresent())
                .sorted(Comparator.comparingLong(layer -> begin(layer) - start))
                .toList();
        Map<LayerId, Long> times = new LinkedHashMap<>();
        for (int i = 0; i < inOrder.size(); i++) {
            long from = i == 0 ? start : begin(inOrder.get(i));
            long to = i + 1 < inOrder.size() ? begin(inOrder.get(i + 1)) : end;
            times.put(new LayerId(inOrder.get(i).getKey()), to - from);
        }
        return times;
    }

    private static long begin(Map.Entry<String, Observation<Long>> layer) {
        return layer.getValue().input().orElseThrow();
    }

    @Override
    public void close() {
        manager.close();
    }
}
