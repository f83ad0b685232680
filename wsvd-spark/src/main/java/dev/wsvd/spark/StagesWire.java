package dev.wsvd.spark;

import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A replacement on its way from an executor: all that the driver's own model does not tell.
 *
 * @param stages by layer
 * @param cut null if there is none
 * @param ofSiblings whether layers share their first stage
 */
record StagesWire(Map<String, List<Part>> stages, Left cut, boolean ofSiblings, double error) implements Serializable {
    /**
     * A stage.
     *
     * @param weights one array for stages that are shared
     * @param bias null for nothing
     */
    private record Part(Geometry op, float[] weights, float[] bias) implements Serializable {
        static Part of(Stage stage, Map<Weights, float[]> sent) {
            return new Part(
                    Geometry.of(stage.op()),
                    sent.computeIfAbsent(stage.weights(), Weights::all),
                    stage.biasCorrection().orElse(null));
        }

        Stage stage(Map<float[], Weights> arrived) {
            Op made = op.op();
            return new Stage(
                    made,
                    arrived.computeIfAbsent(weights, values -> Weights.of(made.weight(), values)),
                    Optional.ofNullable(bias));
        }
    }

    /**
     * An op.
     *
     * @param moves stride, dilation and padding of a convolution; null of other ops
     */
    private record Geometry(String kind, int out, int in, int[] kernel, int groups, int[][] moves, boolean transposed)
            implements Serializable {
        private static final String LINEAR = "linear";
        private static final String EMBEDDING = "embedding";
        private static final String CONV = "conv";

        static Geometry of(Op op) {
            WeightShape shape = op.weight();
            int[] kernel = ints(shape.kernel());
            if (op instanceof Convolution conv) {
                int[][] moves = {ints(conv.stride()), ints(conv.dilation()), ints(conv.padding())};
                return new Geometry(
                        CONV, shape.out(), shape.inPerGroup(), kernel, conv.groups(), moves, conv.transposed());
            }
            return new Geometry(
                    op instanceof Lookup ? EMBEDDING : LINEAR, shape.out(), shape.inPerGroup(), kernel, 1, null, false);
        }

        Op op() {
            WeightShape shape = new WeightShape(out, in, list(kernel));
            return switch (kind) {
                case LINEAR -> new Affine(shape);
                case EMBEDDING -> new Lookup(shape);
                default -> new Convolution(shape, groups, list(moves[0]), list(moves[1]), list(moves[2]), transposed);
            };
        }
    }

    /** What is left of units; the combinations by writer and group. */
    private record Left(int[] kept, List<List<Combination>> combinations) implements Serializable {
        static Left of(Cut cut) {
            List<List<Combination>> combinations = new ArrayList<>();
            cut.combinations()
                    .forEach(groups -> combinations.add(groups.stream()
                            .map(t -> new Combination(t.rows(), t.cols(), t.data()))
                            .collect(Collectors.toCollection(ArrayList::new))));
            return new Left(ints(cut.kept()), combinations);
        }

        Cut cut(Coupling coupling) {
            return new Cut(
                    coupling,
                    list(kept),
                    combinations.stream()
                            .map(groups ->
                                    groups.stream().map(Combination::matrix).toList())
                            .toList());
        }
    }

    private record Combination(int rows, int cols, double[] data) implements Serializable {
        Matrix matrix() {
            return new Matrix(rows, cols, data);
        }
    }

    static StagesWire of(Replacement made) {
        Map<Weights, float[]> sent = new IdentityHashMap<>();
        Map<String, List<Part>> stages = new LinkedHashMap<>();
        made.stages()
                .forEach((layer, parts) -> stages.put(
                        layer.id().name(),
                        parts.stream()
                                .map(stage -> Part.of(stage, sent))
                                .collect(Collectors.toCollection(ArrayList::new))));
        return new StagesWire(
                stages, made.cut().map(Left::of).orElse(null), made.siblings().isPresent(), made.predictedError());
    }

    /**
     * What has arrived.
     *
     * @param at the layer that the choice is named after
     * @param original whose layers it is about
     */
    Replacement replacement(Choice choice, LayerId at, CompressibleModel<?> original) {
        Map<LayerId, Layer> layers =
                original.layers().stream().collect(Collectors.toMap(Layer::id, Function.identity()));
        Map<float[], Weights> arrived = new IdentityHashMap<>();
        Map<Layer, List<Stage>> made = new LinkedHashMap<>();
        stages.forEach((layer, parts) -> made.put(
                layers.get(new LayerId(layer)),
                parts.stream().map(part -> part.stage(arrived)).toList()));
        Optional<Cut> left = Optional.ofNullable(cut)
                .map(some -> some.cut(original.couplings().stream()
                        .filter(coupling -> coupling.layer().id().equals(at))
                        .findFirst()
                        .orElseThrow()));
        Optional<Siblings> siblings = original.siblings().stream()
                .filter(some -> ofSiblings && some.layer().id().equals(at))
                .findFirst();
        return new Replacement(choice, made, left, siblings, error);
    }

    private static int[] ints(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Integer> list(int[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
