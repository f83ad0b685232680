package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.ChannelMap.Digit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Places of two operands that meet in a product, digit by digit: which channels of both they are. */
final class Pairing {
    private record Both(int size, int left, int right) {
        boolean varies() {
            return left != 0 && right != 0;
        }

        Digit leftDigit() {
            return new Digit(size, left);
        }

        Digit rightDigit() {
            return new Digit(size, right);
        }
    }

    private final List<Both> digits = new ArrayList<>();
    private boolean fits = true;

    /** The places along one axis; of one element it is repeated. */
    void pair(List<Digit> left, List<Digit> right) {
        Deque<Digit> lefts = new ArrayDeque<>(left);
        Deque<Digit> rights = new ArrayDeque<>(right);
        while (fits && !(lefts.isEmpty() && rights.isEmpty())) {
            Digit one = left.isEmpty() ? new Digit(rights.peek().size(), 0) : lefts.poll();
            Digit other = right.isEmpty() ? new Digit(one.size(), 0) : rights.poll();
            if (one == null || other == null) {
                fits = false;
            } else if (one.size() == other.size()) {
                digits.add(new Both(one.size(), one.stride(), other.stride()));
            } else if (one.size() % other.size() == 0) {
                int rest = one.size() / other.size();
                digits.add(new Both(other.size(), one.stride() * rest, other.stride()));
                lefts.push(new Digit(rest, one.stride()));
            } else if (other.size() % one.size() == 0) {
                int rest = other.size() / one.size();
                digits.add(new Both(one.size(), one.stride(), other.stride() * rest));
                rights.push(new Digit(rest, other.stride()));
            } else {
                fits = false;
            }
        }
    }

    /** Whether the places of both could be taken apart alike. */
    boolean fits() {
        return fits;
    }

    /** Whether everywhere the channels of both differ, or of neither. */
    boolean isOneToOne() {
        return digits.stream().allMatch(digit -> (digit.left() == 0) == (digit.right() == 0));
    }

    /** Where the channels of both differ: those of the left operand. */
    int[] left(int offset) {
        return channels(
                offset,
                digits.stream().filter(Both::varies).map(Both::leftDigit).toList());
    }

    /** And of the right operand. */
    int[] right(int offset) {
        return channels(
                offset,
                digits.stream().filter(Both::varies).map(Both::rightDigit).toList());
    }

    /** Where only those of the left operand differ: by how much. */
    int[] leftCopies() {
        return channels(
                0,
                digits.stream()
                        .filter(digit -> digit.right() == 0)
                        .map(Both::leftDigit)
                        .toList());
    }

    int[] rightCopies() {
        return channels(
                0,
                digits.stream()
                        .filter(digit -> digit.left() == 0)
                        .map(Both::rightDigit)
                        .toList());
    }

    private static int[] channels(int offset, List<Digit> digits) {
        return new ChannelMap(offset, List.of(List.of(), digits)).across(0);
    }
}
