package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.selection.Multiplicity;

/** What ranks are multiples of, place by place. */
final class Multiples {
    /** Fewer parts of a layer than these are too coarse to choose from. */
    private static final int FEWEST_PARTS = 4;

    private static final int PRODUCTS = 8;

    private final Multiplicity multiplicity;
    private final CompressibleModel<?> model;

    Multiples(Multiplicity multiplicity, CompressibleModel<?> model) {
        this.multiplicity = multiplicity;
        this.model = model;
    }

    /** Where any number would do, what the engine likes: other numbers of channels cost it more than they save. */
    Multiples fast() {
        return multiplicity.equals(Multiplicity.ONE) ? new Multiples(Multiplicity.AUTO, model) : this;
    }

    /**
     * The number that was given, else the block of channels that the engine computes at once, halved for layers that have few of them, but
     * no further than its layout allows.
     */
    int of(Place place) {
        return multiplicity
                .value()
                .orElseGet(() -> place.layers().stream()
                        .mapToInt(layer -> block(model, layer))
                        .max()
                        .orElse(1));
    }

    /** What an engine likes the channels of a layer to be multiples of. */
    static int block(CompressibleModel<?> model, Layer layer) {
        int multiple = layer.op() instanceof Affine ? PRODUCTS : model.channelBlock(layer);
        int least = Math.max(1, model.channelAlignment(layer));
        while (multiple > least && layer.outChannels() < FEWEST_PARTS * multiple) {
            multiple /= 2;
        }
        return Math.max(multiple, least);
    }
}
