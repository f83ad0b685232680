package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Canonical polyadic decomposition of a convolution W[n][m][k…] of stride 1 and K &gt; 1 taps, W' = Σ_ρ a_ρ ⊗ b_ρ ⊗ c_ρ: with rank r a
 * pointwise m→r, a depthwise kernel of r channels with the original padding and dilation, and a pointwise r→n with the bias.
 *
 * <p>Costs r·m·P_in + r·K·P_out + r·n·P_out MACs. Ranks go up to that of as many weights as the layer has. Exact would be, at worst, the
 * smallest of n·m, n·K and m·K, which saves nothing.
 *
 * <p>Not for convolutions in groups, transposed ones or those with a stride, where other forms miss less. Nor for those with m·K above
 * {@value #LARGEST_PATCH}: an iteration of the fit takes r·(m·K)² multiplications.
 *
 * <p>V. Lebedev, Y. Ganin, M. Rakhuba, I. Oseledets, V. Lempitsky, "Speeding-up convolutional neural networks using fine-tuned
 * CP-decomposition", ICLR 2015; here with the kernel in one piece, and for the outputs on what the layer sees, where that is known.
 */
public final class CanonicalPolyadic implements CompressionScheme {
    static final int LARGEST_PATCH = 1152;

    private static final String ID = "cp";

    @Override
    public String id() {
        return ID;
    }

    /** No: its fit takes about as long as those of all other forms, and what it gained beside them was small. */
    @Override
    public boolean isAmongAny() {
        return false;
    }

    private static boolean appliesTo(Layer layer) {
        return layer.op() instanceof Convolution conv
                && !conv.transposed()
                && conv.groups() == 1
                && conv.stride().stream().allMatch(step -> step == 1)
                && layer.weight().kernelSize() > 1
                && (long) layer.weight().inPerGroup() * layer.weight().kernelSize() <= LARGEST_PATCH;
    }

    /** The rank of as many weights as the layer has. */
    static int largestRank(Layer layer) {
        long perRank = (long) layer.inChannels() + layer.weight().kernelSize() + layer.outChannels();
        return (int) (layer.weight().elements() / perRank);
    }

    /** The ranks that are fitted, rounded up to multiples. */
    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        Layer layer = place.layer();
        if (!appliesTo(layer)) {
            return List.of();
        }
        int largest = largestRank(layer);
        return PolyadicFit.ranks(largest)
                .map(rank -> (rank + multiple - 1) / multiple * multiple)
                .filter(rank -> rank <= largest)
                .distinct()
                .mapToObj(rank -> Choice.of(ID, rank))
                .toList();
    }

    /** All ranks. */
    @Override
    public List<Choice> series(Place place, String form, int multiple) {
        Layer layer = place.layer();
        return appliesTo(layer)
                ? IntStream.rangeClosed(1, largestRank(layer) / multiple)
                        .mapToObj(i -> Choice.of(ID, i * multiple))
                        .toList()
                : List.of();
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        Layer layer = place.layer();
        requireRank(layer, choice);
        return ThreeStages.blueprint(layer, ops(layer, choice));
    }

    /** Geometry of the three stages. */
    static List<Convolution> ops(Layer layer, Choice choice) {
        Convolution conv = (Convolution) layer.op();
        int rank = choice.rank();
        Convolution kernel = conv.along(dim -> true, rank, 1);
        return List.of(
                conv.along(dim -> false, rank, layer.inChannels()),
                new Convolution(kernel.weight(), rank, kernel.stride(), kernel.dilation(), kernel.padding()),
                conv.along(dim -> false, layer.outChannels(), rank));
    }

    private static void requireRank(Layer layer, Choice choice) {
        String name = "Layer '" + layer.id() + "' (" + layer.weight() + ")";
        if (!appliesTo(layer)) {
            throw new InvalidInputException(name + " has no " + ID + " form, which is for convolutions of stride 1 and"
                    + " more than one tap, not in groups, with at most " + LARGEST_PATCH + " inputs under the kernel.");
        }
        if (choice.sizes().size() != 1 || choice.rank() > largestRank(layer)) {
            throw new InvalidInputException(
                    name + " has no " + choice + "; allowed: ranks 1 … " + largestRank(layer) + ".");
        }
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Layer layer = place.layer();
        Weights weights = known.weights(layer.id());
        Optional<LayerMoments> seen = known.moments(layer.id());
        requireRank(layer, largest);
        Checks.requireShape(layer, weights);
        seen.ifPresent(moments -> moments.check(layer));
        PatchMoments moments = seen.filter(it -> !it.constant())
                .map(it -> it.groups().get(0))
                .orElseGet(() ->
                        PatchMoments.white(layer.inChannels(), layer.weight().kernelSize()));
        return Checks.naming(layer, () -> {
            PolyadicLoss loss = new PolyadicLoss(
                    linearAlgebra,
                    Matrices.ofGroup(layer, weights.all(), 0),
                    moments,
                    layer.weight().kernelSize());
            return new PolyadicFactors(layer, largest, loss, new PolyadicFit(loss, largestRank(layer), largest.rank()));
        });
    }
}
