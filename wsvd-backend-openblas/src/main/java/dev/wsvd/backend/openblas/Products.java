package dev.wsvd.backend.openblas;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.CblasUpper;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas.cblas_dsyrk;

import java.nio.DoubleBuffer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.DoublePointer;

/**
 * Products in tasks: each copies parts of both operands to native memory and has one thread of OpenBLAS multiply them. So all threads
 * copy, and no bit depends on how many there are. A task makes a tile of the result, or all of a small result from a part of a long inner
 * dimension, so that little is copied twice.
 */
final class Products {
    /** How much of the inner dimension is copied at once. */
    private static final int DEPTH = 512;
    /** Elements of results that are held at once where the inner dimension is shared out. */
    private static final int LARGEST_SUMS = 1 << 21;

    private static final int MOST_PARTS = 8;

    private Products() {}

    /** Takes a finished tile, row-major without gaps: its first element is element (row, col) of the product. */
    interface Sink {
        void take(int row, int rows, int col, int cols, DoubleBuffer tile);
    }

    /** A tile of a product, of a part of the inner dimension. */
    private record Part(int row, int rows, int col, int cols, int from, int to) {
        /** All of a result. */
        static Part of(int rows, int cols, int part, int parts, int inner) {
            int from = (int) ((long) inner * part / parts);
            return new Part(0, rows, 0, cols, from, (int) ((long) inner * (part + 1) / parts));
        }

        static Part of(Tiles tiles, int number, int inner) {
            return new Part(tiles.row(number), tiles.rows(number), tiles.col(number), tiles.cols(number), 0, inner);
        }

        boolean isOnDiagonal() {
            return row == col && rows == cols;
        }
    }

    /** How one part is multiplied, into a buffer of its rows and columns. */
    private interface Multiplication {
        void of(Part part, DoublePointer product);
    }

    /** L R. */
    static void of(Operand left, Operand right, Sink sink) {
        Tiles tiles = Tiles.of(left.rows(), right.cols(), left.cols());
        int inner = left.cols();
        tiled(
                IntStream.range(0, tiles.count())
                        .mapToObj(number -> Part.of(tiles, number, inner))
                        .toArray(Part[]::new),
                (part, product) -> multiply(left, right, part, product),
                sink);
    }

    /** L R, to be added to something. */
    static void add(Operand left, Operand right, Sink sink) {
        int parts = parts(left.rows(), right.cols(), left.cols());
        if (parts < 2) {
            of(left, right, sink);
        } else {
            summed(
                    left.rows(),
                    right.cols(),
                    left.cols(),
                    parts,
                    (part, product) -> multiply(left, right, part, product),
                    sink);
        }
    }

    /** The upper triangle of A Aᵀ, to be added to something: tiles on the diagonal, of which only that triangle is made, and right of it. */
    static void addGram(Operand a, Sink sink) {
        Operand transposed = a.transposed();
        Multiplication gram = (part, product) -> {
            if (part.isOnDiagonal()) {
                square(a, part, product);
            } else {
                multiply(a, transposed, part, product);
            }
        };
        int parts = parts(a.rows(), a.rows(), a.cols());
        if (parts < 2) {
            Tiles tiles = Tiles.ofSquare(a.rows(), a.cols());
            tiled(
                    IntStream.range(0, tiles.count())
                            .filter(number -> tiles.row(number) <= tiles.col(number))
                            .mapToObj(number -> Part.of(tiles, number, a.cols()))
                            .toArray(Part[]::new),
                    gram,
                    sink);
        } else {
            summed(a.rows(), a.rows(), a.cols(), parts, gram, sink);
        }
    }

    /** In how many parts an inner dimension is shared out. */
    private static int parts(int rows, int cols, int inner) {
        long most = LARGEST_SUMS / Math.max(1, (long) rows * cols);
        return (int) Math.min(Math.min(MOST_PARTS, most), inner / DEPTH);
    }

    private static void tiled(Part[] tiles, Multiplication multiplication, Sink sink) {
        Threads.forEach(tiles.length, number -> {
            Part tile = tiles[number];
            try (DoublePointer product = new DoublePointer((long) tile.rows * tile.cols)) {
                multiplication.of(tile, product);
                sink.take(tile.row, tile.rows, tile.col, tile.cols, product.asBuffer());
            }
        });
    }

    /** The sum of all parts, in their order. */
    private static void summed(int rows, int cols, int inner, int parts, Multiplication multiplication, Sink sink) {
        DoublePointer[] products = new DoublePointer[parts];
        try {
            Threads.forEach(parts, number -> {
                products[number] = new DoublePointer((long) rows * cols);
                multiplication.of(Part.of(rows, cols, number, parts, inner), products[number]);
            });
            for (DoublePointer product : products) {
                sink.take(0, rows, 0, cols, product.asBuffer());
            }
        } finally {
            for (DoublePointer product : products) {
                if (product != null) {
                    product.close();
                }
            }
        }
    }

    private static void multiply(Operand left, Operand right, Part part, DoublePointer product) {
        int most = Math.min(DEPTH, part.to - part.from);
        try (DoublePointer l = new DoublePointer((long) part.rows * most);
                DoublePointer r = new DoublePointer((long) most * part.cols)) {
            DoubleBuffer leftBuffer = l.asBuffer();
            DoubleBuffer rightBuffer = r.asBuffer();
            for (int at = part.from; at < part.to; at += DEPTH) {
                int depth = Math.min(DEPTH, part.to - at);
                left.pack(part.row, part.rows, at, depth, leftBuffer);
                right.pack(at, depth, part.col, part.cols, rightBuffer);
                cblas_dgemm(
                        CblasRowMajor,
                        left.turned() ? CblasTrans : CblasNoTrans,
                        right.turned() ? CblasTrans : CblasNoTrans,
                        part.rows,
                        part.cols,
                        depth,
                        1,
                        l,
                        left.turned() ? part.rows : depth,
                        r,
                        right.turned() ? depth : part.cols,
                        at == part.from ? 0 : 1,
                        product,
                        part.cols);
            }
        }
    }

    private static void square(Operand a, Part part, DoublePointer product) {
        int most = Math.min(DEPTH, part.to - part.from);
        try (DoublePointer some = new DoublePointer((long) part.rows * most)) {
            DoubleBuffer buffer = some.asBuffer();
            for (int at = part.from; at < part.to; at += DEPTH) {
                int depth = Math.min(DEPTH, part.to - at);
                a.pack(part.row, part.rows, at, depth, buffer);
                cblas_dsyrk(
                        CblasRowMajor,
                        CblasUpper,
                        CblasNoTrans,
                        part.rows,
                        depth,
                        1,
                        some,
                        depth,
                        at == part.from ? 0 : 1,
                        product,
                        part.rows);
            }
        }
    }
}
