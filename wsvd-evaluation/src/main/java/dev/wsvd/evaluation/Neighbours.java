package dev.wsvd.evaluation;

import java.util.Arrays;
import java.util.stream.IntStream;

/** For each sample the others that are nearest to it in an index, by cosine. */
final class Neighbours {
    private final int[][] nearest;

    private Neighbours(int[][] nearest) {
        this.nearest = nearest;
    }

    /**
     * Searches an index, which has the vectors of the same samples.
     *
     * @param k fewer than there are samples
     */
    static Neighbours of(Embeddings queries, Embeddings index, int k) {
        return new Neighbours(IntStream.range(0, queries.samples())
                .parallel()
                .mapToObj(i -> nearest(queries, i, index, k))
                .toArray(int[][]::new));
    }

    /** The mean share of these neighbours that others are too. */
    double sharedWith(Neighbours others) {
        double shares = 0;
        for (int i = 0; i < nearest.length; i++) {
            int[] found = others.nearest[i];
            shares += (double) Arrays.stream(nearest[i])
                            .filter(j -> Arrays.stream(found).anyMatch(other -> other == j))
                            .count()
                    / nearest[i].length;
        }
        return shares / nearest.length;
    }

    /** The k nearest but for the sample itself, nearest first; fewer if products are NaN. */
    private static int[] nearest(Embeddings queries, int i, Embeddings index, int k) {
        int[] best = new int[k];
        double[] products = new double[k];
        int found = 0;
        for (int j = 0; j < index.samples(); j++) {
            double product = j == i ? Double.NaN : queries.product(i, index, j);
            if (Double.isNaN(product) || found == k && product <= products[k - 1]) {
                continue;
            }
            int place = found < k ? found++ : k - 1;
            while (place > 0 && products[place - 1] < product) {
                products[place] = products[place - 1];
                best[place] = best[place - 1];
                place--;
            }
            products[place] = product;
            best[place] = j;
        }
        return Arrays.copyOf(best, found);
    }
}
