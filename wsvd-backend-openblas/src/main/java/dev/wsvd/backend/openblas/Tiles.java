package dev.wsvd.backend.openblas;

/**
 * A matrix in tiles: few, so that little is copied twice, but enough for threads to share where there is something to do.
 *
 * @param height rows of a tile, but for the last ones
 * @param width columns of a tile, but for the last ones
 */
record Tiles(int allRows, int allCols, int height, int width) {
    private static final int LARGEST = 512;
    private static final int LARGEST_SQUARE = 1024;
    private static final int SMALLEST = 64;
    private static final int ENOUGH = 8;
    /** Multiplications of a tile for which it is worth to wake a thread. */
    private static final long WORTHWHILE = 1L << 23;

    /** @param inner how many products each element is the sum of */
    static Tiles of(int rows, int cols, int inner) {
        int height = even(rows, LARGEST);
        int width = even(cols, LARGEST);
        while (Math.max(height, width) > SMALLEST
                && count(rows, height) * count(cols, width) < ENOUGH
                && (long) height * width * inner / 2 > WORTHWHILE) {
            if (height >= width) {
                height = even(rows, (height + 1) / 2);
            } else {
                width = even(cols, (width + 1) / 2);
            }
        }
        return new Tiles(rows, cols, height, width);
    }

    /** Square tiles of a square matrix, of which those below the diagonal are not needed. */
    static Tiles ofSquare(int size, int inner) {
        int width = even(size, LARGEST_SQUARE);
        while (width > SMALLEST && count(size, width) < ENOUGH / 2 && (long) width * width * inner / 4 > WORTHWHILE) {
            width = even(size, (width + 1) / 2);
        }
        return new Tiles(size, size, width, width);
    }

    /** Whole columns. */
    static Tiles ofColumns(int rows, int cols) {
        int width = even(cols, LARGEST);
        while (width > SMALLEST && count(cols, width) < ENOUGH && (long) rows * rows * width / 2 > WORTHWHILE) {
            width = even(cols, (width + 1) / 2);
        }
        return new Tiles(rows, cols, rows, width);
    }

    /** The size of parts of which none is larger than {@code most} nor much smaller than the others. */
    private static int even(int size, int most) {
        int parts = count(size, most);
        return (size + parts - 1) / parts;
    }

    private static int count(int size, int part) {
        return (size + part - 1) / part;
    }

    int count() {
        return Math.multiplyExact(count(allRows, height), count(allCols, width));
    }

    /** The first row of a tile. */
    int row(int number) {
        return number / count(allCols, width) * height;
    }

    int rows(int number) {
        return Math.min(height, allRows - row(number));
    }

    /** The first column of a tile. */
    int col(int number) {
        return number % count(allCols, width) * width;
    }

    int cols(int number) {
        return Math.min(width, allCols - col(number));
    }
}
