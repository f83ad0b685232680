package dev.wsvd.domain.layer;

import dev.wsvd.domain.error.InvalidInputException;
import java.util.List;
import java.util.Optional;

/**
 * Layers that read one tensor in the same way, such as those of attention's queries, keys and values: their ops differ in output
 * channels alone. What one computes first of its input, all of them can take.
 *
 * @param layers at least two, in graph order; people and files name all of them by the first
 */
public record Siblings(List<Layer> layers) {
    /** @throws InvalidInputException if there are not two, or their ops differ in more than output channels */
    public Siblings {
        layers = List.copyOf(layers);
        if (layers.size() < 2) {
            throw new InvalidInputException("Siblings are at least two layers, found " + layers.size() + ".");
        }
        Optional<Op> wanted = readsLike(layers.get(0));
        for (Layer layer : layers) {
            if (wanted.isEmpty() || !readsLike(layer).equals(wanted)) {
                throw new InvalidInputException("Layer '" + layer.id() + "' (" + layer.weight()
                        + ") does not read its input as layer '" + layers.get(0).id() + "' ("
                        + layers.get(0).weight() + ") does.");
            }
        }
        long distinct = layers.stream().map(Layer::id).distinct().count();
        if (distinct < layers.size()) {
            throw new InvalidInputException("A layer is named twice among the siblings at '"
                    + layers.get(0).id() + "'.");
        }
    }

    /** The op of a layer with one output channel, which siblings have in common; empty if it can have none. */
    public static Optional<Op> readsLike(Layer layer) {
        if (layer.op() instanceof Convolution conv && conv.groups() == 1) {
            return Optional.of(conv.along(dim -> true, 1, layer.inChannels()));
        }
        return layer.op() instanceof Affine ? Optional.of(Affine.of(1, layer.inChannels())) : Optional.empty();
    }

    /** The first of them. */
    public Layer layer() {
        return layers.get(0);
    }

    /** All of them as one layer, which gives what they give, one behind the other. */
    public Layer stacked() {
        int out = layers.stream().mapToInt(Layer::outChannels).reduce(0, Math::addExact);
        Op op = layer().op() instanceof Convolution conv
                ? conv.along(dim -> true, out, layer().inChannels())
                : Affine.of(out, layer().inChannels());
        return Layer.of(layer().id(), op, layer().inputShape(), List.of());
    }
}
