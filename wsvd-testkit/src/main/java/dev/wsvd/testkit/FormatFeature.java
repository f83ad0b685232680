package dev.wsvd.testkit;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import java.util.List;
import java.util.function.Predicate;

/** What {@link ModelFormatContract} asks of a format and its example, unless the format says that it lacks it. */
public enum FormatFeature {
    /** A Conv with a stride above 1. */
    STRIDE("a Conv with a stride above 1", conv(conv -> above(conv.stride(), 1))),
    /** A Conv with padding. */
    PADDING("a Conv with padding", conv(conv -> above(conv.padding(), 0))),
    /** A Conv with dilation. */
    DILATION("a Conv with a dilation above 1", conv(conv -> above(conv.dilation(), 1))),
    /** A Conv in groups that can be replaced. */
    GROUPS("a Conv in groups that can be replaced", layer -> layer.groups() > 1 && layer.supported()),
    /** A Linear layer. */
    LINEAR("a Linear layer", layer -> layer.op() instanceof Affine),
    /** A layer that cannot be replaced. */
    UNSUPPORTED("a layer that cannot be replaced", layer -> !layer.supported()),
    /** A layer with a bias that is not zero. Found by the probe. */
    BIAS("a layer with a bias", layer -> false),
    /** A layer without a bias, or with one of zeros. Found by the probe. */
    NO_BIAS("a layer without a bias", layer -> false),
    /** More than one sample in a run of a predictor. */
    BATCH("several samples in a run", layer -> false),
    /** A probe that shows what layers see and give. */
    PROBE("a probe", layer -> false),
    /** Saving to paths of any file system, as atomic saves are tried on one that fails. */
    ANY_FILE_SYSTEM("saving to paths of any file system", layer -> false);

    private final String words;
    private final Predicate<Layer> shows;

    FormatFeature(String words, Predicate<Layer> shows) {
        this.words = words;
        this.shows = shows;
    }

    /** Whether a layer is what this feature asks of the example; false where that is no question of layers. */
    boolean isShownBy(Layer layer) {
        return shows.test(layer);
    }

    private static Predicate<Layer> conv(Predicate<Convolution> shows) {
        return layer -> layer.op() instanceof Convolution conv && shows.test(conv);
    }

    private static boolean above(List<Integer> numbers, int least) {
        return numbers.stream().anyMatch(number -> number > least);
    }

    @Override
    public String toString() {
        return words;
    }
}
