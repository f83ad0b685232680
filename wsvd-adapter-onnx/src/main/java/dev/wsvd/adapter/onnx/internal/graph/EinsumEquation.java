package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.domain.layer.WeightShape;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What an {@code Einsum} of an activation and a stored tensor computes, by the labels of their dims. {@value #ELLIPSIS} stands for the
 * dims of an ellipsis, as many as there are.
 *
 * @param input the labels of the activation
 * @param stored those of the stored tensor
 * @param result those of what the node gives
 */
public record EinsumEquation(String input, String stored, String result) {
    private static final char ELLIPSIS = '.';

    /** Of a node of two operands; empty if an operand or the result has a label twice, or the stored tensor an ellipsis. */
    public static Optional<EinsumEquation> of(NodeProto node, int weight) {
        String equation = text(node).replace(" ", "").replace("...", String.valueOf(ELLIPSIS));
        String[] sides = equation.split("->", -1);
        String[] operands = sides[0].split(",", -1);
        if (operands.length != 2 || sides.length > 2) {
            return Optional.empty();
        }
        String result = sides.length == 2 ? sides[1] : implied(operands[0] + operands[1]);
        EinsumEquation labels = new EinsumEquation(operands[1 - weight], operands[weight], result);
        return labels.isPlain() ? Optional.of(labels) : Optional.empty();
    }

    /** As the node says it. */
    static String text(NodeProto node) {
        return Attributes.text(node, "equation", "");
    }

    /** Where the result is not told: an ellipsis, and what stands once, in the order of the alphabet. */
    private static String implied(String operands) {
        return operands.chars()
                .filter(label -> operands.indexOf(label) == operands.lastIndexOf(label))
                .sorted()
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    }

    private boolean isPlain() {
        return List.of(input, stored, result).stream()
                        .allMatch(term -> term.chars().allMatch(label -> label == ELLIPSIS || Character.isLetter(label))
                                && term.chars().distinct().count() == term.length())
                && stored.indexOf(ELLIPSIS) < 0;
    }

    /** What is summed over, in the order of the stored tensor. */
    public String summed() {
        return without(stored, result);
    }

    /** What the result has of the stored tensor alone, in its order. */
    public String made() {
        return without(stored, input);
    }

    /** Whether it is a sum over dims that both operands have. */
    boolean isSum() {
        return !summed().isEmpty() && without(summed(), input).isEmpty();
    }

    /**
     * Whether it is a product of matrices once dims that stand side by side are one, such as {@code bsh,hnd->bsnd}: the activation has
     * positions and then what is summed over, the result has positions and then what is new, and the stored tensor both, in either order.
     */
    public boolean isProduct() {
        return !positions().isEmpty()
                && !summed().isEmpty()
                && !made().isEmpty()
                && input.equals(positions() + summed())
                && result.equals(positions() + made())
                && (isTransposed() || stored.equals(summed() + made()));
    }

    /** Whether what is new stands first in the stored tensor. */
    public boolean isTransposed() {
        return stored.equals(made() + summed());
    }

    /** How many dims of positions a product has, given those of its input; empty if that is not known, or the input has too few. */
    public Optional<Integer> positions(Optional<Integer> rank) {
        return positions().indexOf(ELLIPSIS) < 0
                ? Optional.of(positions().length())
                : rank.map(dims -> dims - summed().length())
                        .filter(dims -> dims >= positions().length() - 1);
    }

    private String positions() {
        return without(input, stored);
    }

    /** The weight's shape, given the stored tensor's dims; null if it has other dims than labels. */
    WeightShape weightShape(List<Long> dims) {
        if (dims.size() != stored.length()) {
            return null;
        }
        long in = IntStream.range(0, stored.length())
                .filter(dim -> summed().indexOf(stored.charAt(dim)) >= 0)
                .mapToLong(dims::get)
                .reduce(1, Math::multiplyExact);
        long all = dims.stream().reduce(1L, Math::multiplyExact);
        return WeightShape.linear(Math.toIntExact(all / in), Math.toIntExact(in));
    }

    private static String without(String some, String others) {
        return some.chars()
                .filter(label -> others.indexOf(label) < 0)
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    }
}
