package dev.wsvd.adapter.djl.internal.block;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.nn.recurrent.RecurrentBlock;
import dev.wsvd.domain.layer.WeightShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What one layer of a recurrent block's stack multiplies in each step: its input, or its own last state. The first of the stack has
 * the path of the block, the second one that ends in {@code _1}; a recurrent weight that of its input weight and {@code /R}, also when
 * that was replaced.
 *
 * @param path its name as a layer
 * @param parts by direction, the rows of all gates, [gates·H][m]
 * @param biases by direction, what is added to the products; none of a recurrent weight
 */
public record RecurrentWeight(String path, List<Parameter> parts, List<Parameter> biases) {
    /** Why a recurrent weight is never replaced. */
    public static final String UNSUPPORTED = "it is a recurrent weight; only input weights are split";

    private static final String STATE = "/R";

    /** Those of all recurrent blocks of a tree. */
    public static List<RecurrentWeight> of(Block root) {
        return LayerBlock.withRecurrent(root).stream()
                .flatMap(block -> of(block).stream())
                .toList();
    }

    /** Those of a block, from the first of its stack to the last; none if it is not recurrent, or computed by others. */
    public static List<RecurrentWeight> of(LayerBlock block) {
        List<RecurrentWeight> weights = new ArrayList<>();
        if (block.block() instanceof RecurrentBlock recurrent) {
            ParameterList parameters = recurrent.getDirectParameters();
            for (int i = 0; !parts(parameters, i, "i2h_WEIGHT").isEmpty(); i++) {
                weights.add(new RecurrentWeight(
                        path(block.path(), i), parts(parameters, i, "i2h_WEIGHT"), parts(parameters, i, "i2h_BIAS")));
                weights.add(new RecurrentWeight(
                        path(block.states(), i) + STATE, parts(parameters, i, "h2h_WEIGHT"), List.of()));
            }
        }
        return weights;
    }

    /** The names of the weights that a block has, or had before it was replaced; none if it is not recurrent. */
    public static List<String> names(LayerBlock block) {
        return block.block() instanceof StagedRecurrent staged
                ? IntStream.range(0, staged.recurrence().layers())
                        .mapToObj(i -> path(block.path(), i))
                        .flatMap(path -> Stream.of(path, path + STATE))
                        .toList()
                : of(block).stream().map(RecurrentWeight::path).toList();
    }

    /** The name of a layer of a stack. */
    static String path(String stack, int layer) {
        return layer == 0 ? stack : LayerBlock.below(stack, String.valueOf(layer));
    }

    /** Whether it multiplies a state. */
    public boolean isOfState() {
        return path.endsWith(STATE);
    }

    /** DJL names each by its direction (left or right), its layer in the stack and what it is. */
    private static List<Parameter> parts(ParameterList parameters, int layer, String what) {
        return Stream.of("l", "r")
                .map(direction -> parameters.get(direction + "_" + layer + "_" + what))
                .filter(Objects::nonNull)
                .toList();
    }

    /** What holds its values, by direction. */
    public List<NDArray> arrays() {
        return parts.stream().map(Parameter::getArray).toList();
    }

    /** The rows of both directions one above the other. */
    public WeightShape shape() {
        Shape part = arrays().get(0).getShape();
        return WeightShape.linear(Math.toIntExact(parts.size() * part.get(0)), Math.toIntExact(part.get(1)));
    }
}
