package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * One run of a model whose layers are watched.
 *
 * @param inputs by layer: the name of the tensor that it sees
 * @param outputs by layer: the name of the tensor that it gives
 */
record WatchedRun(Map<LayerId, String> inputs, Map<LayerId, String> outputs, Map<String, Tensor> tensors) {
    private static final double TOLERANCE = ReplacementPromises.TOLERANCE;

    /** Watches the layers of a model that can be replaced. */
    static <M> WatchedRun of(ContractExample<M> example, CompressibleModel<M> model) {
        List<LayerId> layers = example.supported(model).stream().map(Layer::id).toList();
        return ContractExample.succeeding("probing the layers " + layers, () -> {
            try (Probe probe = example.format().probe(model.model(), layers)) {
                return new WatchedRun(
                        probe.inputs(), probe.outputs(), probe.predictor().run(example.inputs(probe.predictor())));
            }
        });
    }

    Tensor seen(Layer layer) {
        return tensor("input", inputs, layer.id());
    }

    Tensor given(Layer layer) {
        return tensor("output", outputs, layer.id());
    }

    private Tensor tensor(String which, Map<LayerId, String> names, LayerId layer) {
        String name = names.get(layer);
        if (name == null) {
            return fail("The probe shows no " + which + " of layer '" + layer
                    + "', which can be replaced; it shows those of " + names.keySet() + ".");
        }
        Tensor tensor = tensors.get(name);
        return tensor == null
                ? fail("The probe calls the " + which + " of layer '" + layer + "' '" + name
                        + "', but its predictor gives only " + tensors.keySet() + ".")
                : tensor;
    }

    /**
     * Asserts that a layer gives W x + b for what it sees, x, with one b for each output channel.
     *
     * @return b
     */
    double[] bias(Layer layer, float[] weight) {
        Tensor seen = seen(layer);
        Tensor given = given(layer);
        if (!(layer.op() instanceof Lookup)) {
            assertChannels("sees", layer, inputs, seen.shape(), layer.inChannels());
        }
        assertChannels("gives", layer, outputs, given.shape(), layer.outChannels());
        double[] product = LayerReference.product(layer, weight, seen, given.shape());
        assertEquals(
                product.length,
                given.elements(),
                () -> "elements that " + described(layer) + " gives for " + seen.shape());
        double allowed = TOLERANCE * rootMeanSquare(product, given);
        double[] bias = new double[layer.outChannels()];
        boolean[] known = new boolean[bias.length];
        for (int i = 0; i < product.length; i++) {
            int channel = LayerReference.channel(layer, given.shape(), i);
            double difference = given.getDouble(i) - product[i];
            bias[channel] = known[channel] ? bias[channel] : difference;
            known[channel] = true;
            requireSame(layer, i, product[i], given.getDouble(i), bias[channel], allowed);
        }
        return bias;
    }

    private static void assertChannels(
            String how, Layer layer, Map<LayerId, String> names, List<Long> shape, long channels) {
        int dims = layer.weight().kernel().size() + 2;
        boolean fits = layer.op() instanceof Convolution
                ? shape.size() == dims && shape.get(1) == channels
                : !shape.isEmpty() && shape.get(shape.size() - 1) == channels;
        assertTrue(
                fits,
                () -> "What " + described(layer) + " " + how + " has " + channels + " channels, but the probe shows '"
                        + names.get(layer.id()) + "' of shape " + shape + ".");
    }

    private void requireSame(Layer layer, int element, double product, double given, double bias, double allowed) {
        assertTrue(
                Math.abs(given - product - bias) <= allowed,
                () -> "At element " + element + " the weight of " + described(layer) + " makes " + product
                        + " of what the layer sees, '"
                        + inputs.get(layer.id()) + "'; with the bias " + bias + " of its first position that is "
                        + (product + bias) + ", but what it gives, '" + outputs.get(layer.id()) + "', is " + given
                        + ". Maybe stride, padding, dilation, groups or the order of the weight are not as declared, or the"
                        + " probe shows another tensor, or one after the activation.");
    }

    private static String described(Layer layer) {
        return "layer '" + layer.id() + "' " + layer.weight()
                + (layer.op() instanceof Convolution conv
                        ? " (stride " + conv.stride() + ", padding " + conv.padding() + ", dilation " + conv.dilation()
                                + ", groups " + conv.groups() + ")"
                        : "");
    }

    private static double rootMeanSquare(double[] product, Tensor given) {
        double sum = 0;
        for (int i = 0; i < product.length; i++) {
            sum += product[i] * product[i] + given.getDouble(i) * given.getDouble(i);
        }
        return Math.sqrt(sum / product.length);
    }
}
