package dev.wsvd.adapter.djl.internal.probe;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.util.IdentityHashMap;
import java.util.Map;

/** Counts how often each parameter is used, by whomever; parameters of one array are one. */
public final class CountingParameterStore extends ParameterStore {
    private final Map<NDArray, Integer> uses = new IdentityHashMap<>();

    public CountingParameterStore(NDManager manager) {
        super(manager, false);
    }

    @Override
    public NDArray getValue(Parameter parameter, Device device, boolean training) {
        if (parameter != null) {
            uses.merge(parameter.getArray(), 1, Integer::sum);
        }
        return super.getValue(parameter, device, training);
    }

    /** How often a parameter was used. */
    public int uses(Parameter parameter) {
        return uses.getOrDefault(parameter.getArray(), 0);
    }
}
