package dev.wsvd.safetensors;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.spi.CompressibleModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A module of PyTorch that is several now, one after the other.
 *
 * @param name the module's, {@code X} of {@code X.weight}
 * @param type how its weight is stored
 * @param bias of the last stage; empty for none
 * @param replaced the names of the tensors that it had
 */
record SplitModule(
        String name,
        Dtype type,
        List<Layer> stages,
        Optional<float[]> bias,
        List<String> replaced,
        CompressibleModel<?> compressed) {
    private static final String WEIGHT = ".weight";
    private static final String BIAS = ".bias";

    /** @throws InvalidInputException if the stages do not stand for the layer alone */
    static SplitModule of(
            Layer layer,
            StoredTensor weight,
            List<Layer> stages,
            CompressibleModel<?> original,
            CompressibleModel<?> compressed,
            Safetensors tensors) {
        Layer last = stages.get(stages.size() - 1);
        boolean whole = stages.size() > 1
                && stages.get(0).inChannels() == layer.inChannels()
                && last.outChannels() == layer.outChannels();
        if (!whole) {
            throw new InvalidInputException("Layer '" + layer.id() + "' was cut or shares a stage with others;"
                    + " only layers that are split each by itself are written to safetensors files.");
        }
        String name = weight.name().substring(0, weight.name().length() - WEIGHT.length());
        List<String> replaced = new ArrayList<>(List.of(weight.name()));
        boolean own = tensors.find(name + BIAS).isPresent();
        if (own && compressed.bias(last.id()).isEmpty()) {
            throw new InvalidInputException("The bias of layer '" + layer.id() + "' cannot be read.");
        }
        if (own) {
            replaced.add(name + BIAS);
        }
        float[] bias = new float[layer.outChannels()];
        // What is added behind a layer's output is the same before and after; stages may have a correction before it.
        add(bias, compressed.bias(last.id()), 1);
        add(bias, compressed.biasBehind(last.id()), -1);
        add(bias, original.biasBehind(layer.id()), 1);
        if (!own) {
            // It is that of another module.
            add(bias, original.bias(layer.id()), -1);
        }
        boolean any = IntStream.range(0, bias.length).anyMatch(i -> bias[i] != 0);
        return new SplitModule(
                name,
                weight.type(),
                stages,
                own || any ? Optional.of(bias) : Optional.empty(),
                List.copyOf(replaced),
                compressed);
    }

    private static void add(float[] sum, Optional<float[]> values, int sign) {
        values.ifPresent(added -> {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += sign * added[i];
            }
        });
    }

    void addTo(SafetensorsWriter writer) {
        for (int i = 0; i < stages.size(); i++) {
            Layer stage = stages.get(i);
            writer.add(
                    name + "." + i + WEIGHT,
                    type,
                    TorchWeight.shape(stage.op()),
                    () -> TorchWeight.of(
                                    stage.op(), compressed.weights(stage.id()).all())
                            .values());
        }
        bias.ifPresent(values ->
                writer.add(name + "." + (stages.size() - 1) + BIAS, type, List.of((long) values.length), () -> values));
    }

    /** What stands in the module's place, as JSON. */
    void describe(JsonGenerator json) throws IOException {
        json.writeStartArray();
        for (int i = 0; i < stages.size(); i++) {
            boolean last = i == stages.size() - 1;
            describe(stages.get(i), last && bias.isPresent(), json);
        }
        json.writeEndArray();
    }

    private static void describe(Layer stage, boolean withBias, JsonGenerator json) throws IOException {
        Op op = stage.op();
        json.writeStartObject();
        json.writeStringField("layer", stage.id().name());
        json.writeStringField("kind", kind(op));
        json.writeNumberField("in", stage.inChannels());
        json.writeNumberField("out", stage.outChannels());
        json.writeBooleanField("bias", withBias);
        if (op instanceof Convolution conv) {
            numbers(json, "kernel", conv.weight().kernel());
            numbers(json, "stride", conv.stride());
            numbers(json, "padding", conv.padding());
            numbers(json, "dilation", conv.dilation());
            json.writeNumberField("groups", conv.groups());
        }
        json.writeEndObject();
    }

    /** What PyTorch calls it. */
    private static String kind(Op op) {
        if (op instanceof Convolution conv) {
            return (conv.transposed() ? "ConvTranspose" : "Conv")
                    + conv.weight().kernel().size() + "d";
        }
        return op instanceof Lookup ? "Embedding" : op instanceof Affine ? "Linear" : op.kind();
    }

    private static void numbers(JsonGenerator json, String name, List<Integer> numbers) throws IOException {
        json.writeArrayFieldStart(name);
        for (int number : numbers) {
            json.writeNumber(number);
        }
        json.writeEndArray();
    }
}
