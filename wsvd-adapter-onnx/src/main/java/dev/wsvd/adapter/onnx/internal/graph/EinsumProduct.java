package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * An {@code Einsum} of an activation and a stored tensor that is a product of matrices once dims that stand side by side are one, such as
 * {@code bsh,hnd->bsnd}: the activation has positions and then what is summed over, the result has positions and then what is new.
 *
 * @param weight which operand is the stored one
 * @param positions how many dims of positions there are
 * @param summed how many dims are summed over
 * @param made how many dims are new
 * @param transposed whether the new dims stand first in the stored tensor
 */
public record EinsumProduct(int weight, int positions, int summed, int made, boolean transposed) {
    /** Of a node; empty if it is no such product. */
    public static Optional<EinsumProduct> of(NodeProto node, int weight) {
        return terms(node).flatMap(terms -> product(terms, weight));
    }

    /** Whether a node multiplies a stored matrix by something and sums, and gives what is new last. */
    static boolean sums(NodeProto node, int weight) {
        return terms(node)
                .filter(terms -> terms[weight].length() == 2 && !terms[2].isEmpty())
                .filter(terms -> {
                    String made = without(terms[weight], terms[1 - weight]);
                    String summed = without(terms[weight], terms[2]);
                    return made.length() == 1 && summed.length() == 1 && terms[2].endsWith(made);
                })
                .isPresent();
    }

    /** Those of both operands and of the result, if the equation names all dims of each, and each once. */
    private static Optional<String[]> terms(NodeProto node) {
        String[] terms = Attributes.text(node, "equation", "").replace(" ", "").split(",|->", -1);
        boolean plain = terms.length == 3
                && Attributes.text(node, "equation", "").contains("->")
                && Arrays.stream(terms)
                        .allMatch(term -> term.chars().allMatch(Character::isLetter)
                                && term.chars().distinct().count() == term.length());
        return plain ? Optional.of(terms) : Optional.empty();
    }

    private static Optional<EinsumProduct> product(String[] terms, int weight) {
        String input = terms[1 - weight];
        String stored = terms[weight];
        String positions = without(input, stored);
        String summed = without(stored, terms[2]);
        String made = without(stored, input);
        boolean plain = !positions.isEmpty()
                && !summed.isEmpty()
                && !made.isEmpty()
                && input.equals(positions + summed)
                && terms[2].equals(positions + made);
        boolean transposed = stored.equals(made + summed);
        return plain && (transposed || stored.equals(summed + made))
                ? Optional.of(new EinsumProduct(weight, positions.length(), summed.length(), made.length(), transposed))
                : Optional.empty();
    }

    private static String without(String some, String others) {
        return some.chars()
                .filter(label -> others.indexOf(label) < 0)
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
    }
}
