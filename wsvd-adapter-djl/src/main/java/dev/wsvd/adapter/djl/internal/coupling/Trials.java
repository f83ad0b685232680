package dev.wsvd.adapter.djl.internal.coupling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Finds out what code computes that cannot be looked into, by running it on random arrays: whether it gives the same for a channel
 * whatever other channels there are, and whether it is a function that is known.
 *
 * @param manager of which each trial has a part of its own
 */
record Trials(NDManager manager) {
    private static final double[] SCALES = {2, 0.3, 10};
    private static final long SEED = 20170;

    /** A function of arrays with one result, run as often as one likes. */
    interface Code extends Function<NDList, NDArray> {}

    /**
     * Whether code works channel by channel: f(x without some channels) is f(x) without those of the same.
     *
     * @param axes of each input, which counts its channels
     * @param joined whether all inputs have the same channels
     * @param axis of the result
     * @param sources by channel of the result, which channel it is of: numbers go on from one input to the next
     */
    boolean isChannelWise(
            Code code, List<Shape> inputs, DataType type, int[] axes, boolean joined, int axis, int[] sources) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int trial = 0; trial < SCALES.length; trial++) {
            List<RandomArray> all = random(inputs, SCALES[trial], random);
            List<RandomArray> less = new ArrayList<>();
            List<Boolean> stays = new ArrayList<>();
            boolean[] own = some(width(inputs, axes, 0), trial, random);
            for (int i = 0; i < all.size(); i++) {
                boolean[] of = joined || i == 0 ? own : some(width(inputs, axes, i), trial, random);
                less.add(all.get(i).taken(axes[i], chosen(of.length, place -> of[place])));
                IntStream.range(0, of.length).forEach(place -> stays.add(of[place]));
            }
            int[] remaining = chosen(sources.length, channel -> stays.get(sources[channel]));
            if (!gives(code, less, type, run(code, all, type).taken(axis, remaining))) {
                return false;
            }
        }
        return true;
    }

    private static int[] chosen(int number, IntPredicate wanted) {
        return IntStream.range(0, number).filter(wanted).toArray();
    }

    /** Whether code is a known function, as far as results on random arrays tell. */
    boolean isLike(Code code, Code known, List<Shape> inputs, DataType type) {
        SplittableRandom random = new SplittableRandom(SEED);
        for (double scale : SCALES) {
            List<RandomArray> arrays = random(inputs, scale, random);
            try {
                if (!gives(code, arrays, type, run(known, arrays, type))) {
                    return false;
                }
            } catch (RuntimeException e) {
                // The known function is none of such arrays, or the engine does not have it.
                return false;
            }
        }
        return true;
    }

    private boolean gives(Code code, List<RandomArray> inputs, DataType type, RandomArray expected) {
        try {
            return expected.isLike(run(code, inputs, type), tolerance(type));
        } catch (RuntimeException e) {
            // It does not run on fewer channels.
            return false;
        }
    }

    private RandomArray run(Code code, List<RandomArray> inputs, DataType type) {
        try (NDManager own = manager.newSubManager()) {
            NDList arrays = new NDList();
            inputs.forEach(input -> arrays.add(input.on(own, type)));
            return RandomArray.of(code.apply(arrays));
        }
    }

    /** Whether random arrays can be of a type. */
    static boolean canWrite(DataType type) {
        return type == DataType.FLOAT32 || type == DataType.FLOAT16;
    }

    /** How much results may differ by rounding, relative to the largest. */
    static double tolerance(DataType type) {
        return type == DataType.FLOAT32 ? 1e-5 : 1e-2;
    }

    private static List<RandomArray> random(List<Shape> shapes, double scale, SplittableRandom random) {
        return shapes.stream()
                .map(shape -> RandomArray.of(shape, scale, random))
                .toList();
    }

    /** All but one, one, or about half of them; at least one. */
    private static boolean[] some(int width, int trial, SplittableRandom random) {
        boolean[] stays = new boolean[width];
        int chosen = random.nextInt(width);
        for (int i = 0; i < width; i++) {
            stays[i] = switch (trial) {
                case 0 -> i != chosen || width == 1;
                case 1 -> i == chosen;
                default -> i == chosen || random.nextInt(2) == 0;
            };
        }
        return stays;
    }

    private static int width(List<Shape> inputs, int[] axes, int input) {
        return Math.toIntExact(inputs.get(input).get(axes[input]));
    }
}
