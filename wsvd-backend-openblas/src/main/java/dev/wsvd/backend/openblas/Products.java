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
 * Products tile by tile: a task copies the parts of both operands that a tile of the result needs to native memory, has one thread of
 * OpenBLAS multiply them, and hands the tile on. So all threads copy, and no bit depends on how many there are.
 */
final class Products {
    /** How much of the inner dimension is copied at once. */
    private static final int DEPTH = 512;

    private Products() {}

    /** Takes a finished tile, row-major without gaps: its first element is element (row, col) of the product. */
    interface Sink {
        void take(int row, int rows, int col, int cols, DoubleBuffer tile);
    }

    /** L R. */
    static void of(Operand left, Operand right, Sink sink) {
        Tiles tiles = Tiles.of(left.rows(), right.cols(), left.cols());
        Threads.forEach(tiles.count(), number -> product(tiles, number, left, right, sink));
    }

    /** The tiles of A Aᵀ on the diagonal, of which only the upper triangle is made, and right of it. */
    static void gram(Operand a, Sink sink) {
        Tiles tiles = Tiles.ofSquare(a.rows(), a.cols());
        Operand transposed = a.transposed();
        int[] upper = IntStream.range(0, tiles.count())
                .filter(number -> tiles.row(number) <= tiles.col(number))
                .toArray();
        Threads.forEach(upper.length, i -> {
            if (tiles.row(upper[i]) == tiles.col(upper[i])) {
                square(tiles, upper[i], a, sink);
            } else {
                product(tiles, upper[i], a, transposed, sink);
            }
        });
    }

    private static void product(Tiles tiles, int number, Operand left, Operand right, Sink sink) {
        int row = tiles.row(number);
        int rows = tiles.rows(number);
        int col = tiles.col(number);
        int cols = tiles.cols(number);
        int most = Math.min(DEPTH, left.cols());
        try (DoublePointer l = new DoublePointer((long) rows * most);
                DoublePointer r = new DoublePointer((long) most * cols);
                DoublePointer product = new DoublePointer((long) rows * cols)) {
            DoubleBuffer leftBuffer = l.asBuffer();
            DoubleBuffer rightBuffer = r.asBuffer();
            for (int at = 0; at < left.cols(); at += DEPTH) {
                int depth = Math.min(DEPTH, left.cols() - at);
                left.pack(row, rows, at, depth, leftBuffer);
                right.pack(at, depth, col, cols, rightBuffer);
                cblas_dgemm(
                        CblasRowMajor,
                        left.turned() ? CblasTrans : CblasNoTrans,
                        right.turned() ? CblasTrans : CblasNoTrans,
                        rows,
                        cols,
                        depth,
                        1,
                        l,
                        left.turned() ? rows : depth,
                        r,
                        right.turned() ? depth : cols,
                        at == 0 ? 0 : 1,
                        product,
                        cols);
            }
            sink.take(row, rows, col, cols, product.asBuffer());
        }
    }

    private static void square(Tiles tiles, int number, Operand a, Sink sink) {
        int row = tiles.row(number);
        int rows = tiles.rows(number);
        int most = Math.min(DEPTH, a.cols());
        try (DoublePointer some = new DoublePointer((long) rows * most);
                DoublePointer product = new DoublePointer((long) rows * rows)) {
            DoubleBuffer buffer = some.asBuffer();
            for (int at = 0; at < a.cols(); at += DEPTH) {
                int depth = Math.min(DEPTH, a.cols() - at);
                a.pack(row, rows, at, depth, buffer);
                double before = at == 0 ? 0 : 1;
                cblas_dsyrk(
                        CblasRowMajor, CblasUpper, CblasNoTrans, rows, depth, 1, some, depth, before, product, rows);
            }
            sink.take(row, rows, row, rows, product.asBuffer());
        }
    }
}
