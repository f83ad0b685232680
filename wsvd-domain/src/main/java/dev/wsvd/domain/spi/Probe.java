package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.tensor.Predictor;
import java.util.Map;
import java.util.Set;

/**
 * A model ready to run that gives what some of its layers see and give. A layer that cannot be watched is in neither map.
 * A tensor has the same name whichever other layers are split, also in a model that was saved and opened again.
 *
 * @param predictor the model, with these tensors as outputs; others may be among them, the model's own need not
 * @param inputs the output that holds a layer's input, [N][m][spatial…] or [N]…[m]
 * @param outputs the output that holds what the layer gives, before any activation; absent too where that is not just what its
 *     weight and bias make. When the layer is split, the second new layer gives an output of the same name
 * @param addends the output that holds what a residual sum adds to that, where nothing but biases comes between and it does not
 *     depend on the layer or on layers after it
 * @param alive outputs from which, with the model's inputs, all follows that comes from the watched layer on, or behind it; or names of
 *     known tensors. None if the format cannot tell
 */
public record Probe(
        Predictor predictor,
        Map<LayerId, String> inputs,
        Map<LayerId, String> outputs,
        Map<LayerId, String> addends,
        Set<String> alive)
        implements AutoCloseable {
    public Probe {
        inputs = Map.copyOf(inputs);
        outputs = Map.copyOf(outputs);
        addends = Map.copyOf(addends);
        alive = Set.copyOf(alive);
    }

    /** Of a format that tells neither residual sums nor what is alive. */
    public Probe(Predictor predictor, Map<LayerId, String> inputs, Map<LayerId, String> outputs) {
        this(predictor, inputs, outputs, Map.of(), Set.of());
    }

    @Override
    public void close() {
        predictor.close();
    }
}
