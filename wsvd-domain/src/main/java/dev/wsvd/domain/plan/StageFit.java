package dev.wsvd.domain.plan;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Siblings;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Whether stages, one after the other, can stand in a layer's place. */
final class StageFit {
    private final Layer layer;
    private final List<Op> ops;

    private StageFit(Layer layer, List<Stage> stages) {
        this.layer = layer;
        this.ops = stages.stream().map(Stage::op).toList();
    }

    /** What is wrong with them, if anything. */
    static Optional<String> problem(Layer layer, List<Stage> stages, Optional<Cut> cut) {
        if (stages.isEmpty()) {
            return Optional.of("there is no stage");
        }
        if (cut.isPresent()) {
            return reader(layer, stages, cut.get());
        }
        StageFit fit = new StageFit(layer, stages);
        return fit.kinds().or(fit::channels).or(() -> corrections(stages)).or(fit::movement);
    }

    /** @throws InvalidInputException if not all siblings, and they alone, begin with one stage and go on with another */
    static void requireShared(Siblings siblings, Map<Layer, List<Stage>> stages, Optional<Cut> cut) {
        boolean all = cut.isEmpty() && stages.keySet().equals(Set.copyOf(siblings.layers()));
        if (!all || !stages.values().stream().allMatch(parts -> startsWith(parts, stages.get(siblings.layer())))) {
            throw new InvalidInputException("What replaces the siblings at '"
                    + siblings.layer().id()
                    + "' needs for each of them, and no other layer, the same first stage and at least one behind.");
        }
    }

    private static boolean startsWith(List<Stage> parts, List<Stage> others) {
        Stage first = parts.get(0);
        Stage other = others.get(0);
        return parts.size() > 1
                && first.op().equals(other.op())
                && (first.weights() == other.weights()
                        || Arrays.equals(first.weights().all(), other.weights().all()));
    }

    /** A layer that reads a cut's units keeps all but some input channels; one that only writes them is given whole. */
    private static Optional<String> reader(Layer layer, List<Stage> stages, Cut cut) {
        if (cut.coupling().slices().stream()
                .noneMatch(slice -> slice.side() != Side.PASSES && slice.layer().equals(layer))) {
            return Optional.of("it neither reads nor writes the units that are cut");
        }
        int gone = cut.coupling().readers().stream()
                .filter(slice -> slice.layer().equals(layer))
                .mapToInt(slice -> slice.width() - cut.remaining(slice).size())
                .sum();
        Op wanted = gone == 0 ? layer.op() : layer.op().shrunk(0, gone);
        return stages.size() == 1 && stages.get(0).op().equals(wanted)
                ? Optional.empty()
                : Optional.of("a layer of a cut needs one stage with a weight of shape " + wanted.weight());
    }

    /** Of a convolution all are convolutions; else all are products but for the first, which sees what the layer saw. */
    private Optional<String> kinds() {
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            boolean fits = layer.op() instanceof Convolution
                    ? op instanceof Convolution
                            && op.weight().kernel().size()
                                    == layer.weight().kernel().size()
                    : i == 0 ? op.getClass() == layer.op().getClass() : op instanceof Affine;
            if (!fits) {
                return Optional.of("stage " + (i + 1) + " is '" + op.kind() + "' with a weight of shape " + op.weight()
                        + " where the layer is '" + layer.kind() + "'");
            }
        }
        return Optional.empty();
    }

    private Optional<String> channels() {
        int in = layer.inChannels();
        for (Op op : ops) {
            int taken = op.weight().inPerGroup() * op.groups();
            if (taken != in) {
                return Optional.of("a stage takes " + taken + " channels where it gets " + in);
            }
            in = op.weight().out();
        }
        return in == layer.outChannels() ? Optional.empty() : Optional.of("the last stage gives " + in + " channels");
    }

    private static Optional<String> corrections(List<Stage> stages) {
        return stages.stream()
                        .limit(stages.size() - 1)
                        .anyMatch(stage -> stage.biasCorrection().isPresent())
                ? Optional.of("a stage before the last has a bias correction")
                : Optional.empty();
    }

    /** Along each spatial dim one stage moves, as the layer does, and the others do not. */
    private Optional<String> movement() {
        for (int dim = 0; dim < layer.weight().kernel().size(); dim++) {
            int along = dim;
            List<List<Object>> found = moving(ops.stream(), along);
            List<List<Object>> wanted = moving(Stream.of(layer.op()), along);
            if (!found.equals(wanted)) {
                return Optional.of("not exactly one stage moves along spatial dim " + dim + " as the layer does");
            }
        }
        return Optional.empty();
    }

    /** Kernel, stride, dilation and padding along a dim, and whether they are transposed, of those that move there. */
    private static List<List<Object>> moving(Stream<Op> ops, int dim) {
        return ops.map(Convolution.class::cast)
                .filter(conv -> conv.movesAlong(dim))
                .map(conv -> List.<Object>of(
                        conv.weight().kernel().get(dim),
                        conv.stride().get(dim),
                        conv.dilation().get(dim),
                        conv.padding().get(dim),
                        conv.transposed()))
                .toList();
    }
}
