package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Outputs of a model by batch, kept as long as they fit into a bound; for any thread. */
final class KeptOutputs {
    /** @param samples number of samples in the batch */
    private record Batch(long samples, Map<String, Tensor> outputs) {}

    private final long most;
    private final Map<Long, Batch> batches = new HashMap<>();
    private long bytes;

    KeptOutputs(long most) {
        this.most = most;
    }

    /** Outputs of samples from … to: kept ones if they are enough, else computed ones, kept if they fit. */
    Map<String, Tensor> get(long from, long to, List<String> names, Supplier<Map<String, Tensor>> computed) {
        Batch found = found(from);
        if (found != null
                && found.samples >= to - from
                && found.outputs.keySet().containsAll(names)) {
            Map<String, Tensor> first = new LinkedHashMap<>();
            names.forEach(name -> first.put(name, found.outputs.get(name).samples(0, to - from)));
            return first;
        }
        Map<String, Tensor> outputs = computed.get();
        keep(from, to - from, outputs);
        return outputs;
    }

    private synchronized Batch found(long from) {
        return batches.get(from);
    }

    private synchronized void keep(long from, long samples, Map<String, Tensor> outputs) {
        Batch earlier = batches.remove(from);
        bytes -= earlier == null ? 0 : size(earlier.outputs);
        if (bytes + size(outputs) <= most) {
            bytes += size(outputs);
            Map<String, Tensor> copies = new LinkedHashMap<>();
            outputs.forEach((name, tensor) -> copies.put(name, tensor.copy()));
            batches.put(from, new Batch(samples, copies));
        }
    }

    private static long size(Map<String, Tensor> outputs) {
        return outputs.values().stream().mapToLong(t -> t.data().remaining()).sum();
    }
}
