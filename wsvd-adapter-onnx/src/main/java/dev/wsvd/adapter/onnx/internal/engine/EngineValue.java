package dev.wsvd.adapter.onnx.internal.engine;

import java.util.List;

/**
 * What a session takes or gives.
 *
 * @param type ONNX's number of the element type; 0 for what is no tensor
 * @param dims −1 where open
 */
public record EngineValue(String name, int type, List<Long> dims) {
    public EngineValue {
        dims = List.copyOf(dims);
    }

    public boolean isTensor() {
        return type != 0;
    }
}
