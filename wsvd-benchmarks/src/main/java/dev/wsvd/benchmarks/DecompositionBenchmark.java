package dev.wsvd.benchmarks;

import dev.wsvd.domain.linalg.FloatMatrix;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Spectrum;
import dev.wsvd.domain.linalg.TruncatedSvd;
import dev.wsvd.pipeline.resolve.Resolver;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The decomposition of one matrix per backend, size, spectrum and rank. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 5)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
public class DecompositionBenchmark {
    @Param({"openblas", "ejml", "nd4j"})
    String backend;

    @Param({"64x576", "256x2304", "512x4608", "1000x2048", "4096x4096", "4096x25088"})
    String size;

    /** {@code flat} is that of Gaussian noise; {@code decaying} adds directions of strength 1, 1/2, 1/3 … as training does. */
    @Param({"flat", "decaying"})
    String spectrum;

    /** A number, or {@code saving}: the largest that lowers the number of weights. */
    @Param("saving")
    String rank;

    private LinearAlgebra linearAlgebra;
    private FloatMatrix matrix;
    private int k;

    @Setup
    public void prepare() {
        linearAlgebra = Resolver.backends().resolve(Optional.of(backend)).create();
        int rows = Integer.parseInt(size.substring(0, size.indexOf('x')));
        int cols = Integer.parseInt(size.substring(size.indexOf('x') + 1));
        float[] data = spectrum.equals("flat") ? Weights.gaussian((long) rows * cols, 0) : Weights.decaying(rows, cols);
        matrix = new FloatMatrix(rows, cols, data);
        k = rank.equals("saving") ? (int) (((long) rows * cols - 1) / (rows + cols)) : Integer.parseInt(rank);
    }

    @Benchmark
    public TruncatedSvd svd() {
        return linearAlgebra.svd(matrix, k);
    }

    /** What ranks are chosen by. */
    @Benchmark
    public Spectrum singularValues() {
        return linearAlgebra.singularValues(matrix);
    }
}
