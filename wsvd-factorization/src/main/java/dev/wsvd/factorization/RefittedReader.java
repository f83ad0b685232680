package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.Cholesky;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.plan.Stage;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A reader whose remaining weights make up for the units that go, x = (x_S, x_R): B = W_S + Δ with the Δ that minimises
 * E‖W_R x_R − Δ x_S‖² + λ ‖Δ‖², and W E[x] − B E[x_S] for the bias.
 *
 * <p>With L Lᵀ = C + λI, elements in the order in which they stay, and V = W L, that is B = V_S L_SS⁻¹, and it misses
 * ‖V_R‖² − λ ‖W_R‖² − λ ‖Δ‖². One decomposition serves all sizes.
 *
 * <p>Of n patches that is less than other patches miss, by generalised cross-validation (1 − d/n)² of it, with the degrees of freedom
 * d = tr C_SS (C_SS + λI)⁻¹ (G. Golub, M. Heath, G. Wahba, Technometrics, 1979). λ grows where there are more elements than patches.
 */
final class RefittedReader implements ReaderFit {
    /** λ as a share of the mean variance, at least. */
    static final double RIDGE = 1e-3;

    /** Of a share of the mean variance, the part that grows as the square of elements per patch. */
    private static final double RIDGE_OF_FEW = 0.03;

    /** Of n, the least that is left where everything is fitted. */
    private static final double LEAST_LEFT = 1e-3;

    private static final int BLOCK = 256;

    private final ReaderProduct product;
    private final ReadChannels channels;
    private final int[] inOrder;
    private final double ridge;
    /** W, rows × elements in order. */
    private final Matrix weight;

    private final Cholesky cholesky;
    /** Vᵀ. */
    private final Matrix explained;

    private final double[] missing;

    /** @param order of the units */
    RefittedReader(ReaderProduct product, ReadChannels channels, int[] order) {
        LinearAlgebra linearAlgebra = product.linearAlgebra();
        this.product = product;
        this.channels = channels;
        this.inOrder = channels.inOrder(order);
        int[] elements = product.elements(inOrder);
        this.weight = product.weight(elements);
        Matrix covariance = product.covariance(elements, elements);
        double perPatch = (double) elements.length / product.patches();
        double share = Math.max(RIDGE, RIDGE_OF_FEW * perPatch * perPatch);
        this.ridge = share * Matrices.trace(covariance) / elements.length;
        this.cholesky = linearAlgebra.cholesky(Matrices.withRidge(covariance, share));
        this.explained = linearAlgebra.timesTransposed(cholesky.upper(), weight);
        this.missing = missingByElements(linearAlgebra);
    }

    /** ‖V_R‖² − λ ‖W − [B 0]‖² by how many elements stay. */
    private double[] missingByElements(LinearAlgebra linearAlgebra) {
        int size = weight.cols();
        double[] missing = new double[size + 1];
        for (int t = size - 1; t >= 0; t--) {
            missing[t] = missing[t + 1] + Matrices.energy(explained.data(), t * weight.rows(), (t + 1) * weight.rows());
        }
        double[] inverseTraces = new double[size + 1];
        double[] change = changeByElements(linearAlgebra, inverseTraces);
        double penalty = Matrices.energy(weight.data(), 0, weight.data().length);
        for (int t = 0; t <= size; t++) {
            double left = 1 - (t - ridge * inverseTraces[t]) / product.patches();
            missing[t] = Math.max(0, missing[t] - ridge * penalty) / Math.pow(Math.max(LEAST_LEFT, left), 2);
            penalty += t < size ? change[t] : 0;
        }
        return missing;
    }

    /**
     * What ‖W − [B 0]‖² gains with each element. With row u of L⁻¹ and column v of V, B gains v uᵀ, so ‖B‖² gains
     * 2 Σ_s u_s ⟨v, B_s⟩ + ‖v‖² ‖u‖² and ⟨B, W_S⟩ gains Σ_s u_s ⟨v, W_s⟩; the B before is the sum of such products.
     *
     * @param inverseTraces to be filled: tr (C_SS + λI)⁻¹ by how many elements stay, the sum of these ‖u‖²
     */
    private double[] changeByElements(LinearAlgebra linearAlgebra, double[] inverseTraces) {
        int size = weight.cols();
        double[] change = new double[size];
        Matrix inverse = cholesky.inverseFactor();
        for (int from = 0; from < size; from += BLOCK) {
            int to = Math.min(size, from + BLOCK);
            Matrix v = Matrices.block(explained, from, to, explained.cols());
            Matrix gram = linearAlgebra.timesTransposed(v, Matrices.leadingRows(explained, to));
            Matrix withWeight = linearAlgebra.multiply(v, Matrices.block(weight, 0, weight.rows(), to));
            Matrix withFitted = linearAlgebra.multiply(before(gram, from), Matrices.block(inverse, 0, to, to));
            for (int t = from; t < to; t++) {
                double squares = 0;
                double products = 0;
                for (int s = 0; s <= t; s++) {
                    double u = inverse.get(t, s);
                    squares += u * u;
                    products += u * (withFitted.get(t - from, s) - withWeight.get(t - from, s));
                }
                inverseTraces[t + 1] = inverseTraces[t] + squares;
                change[t] = 2 * products + gram.get(t - from, t) * squares;
            }
        }
        return change;
    }

    /** Row i without the columns from {@code from} + i on. */
    private static Matrix before(Matrix gram, int from) {
        double[] data = gram.data().clone();
        for (int i = 0; i < gram.rows(); i++) {
            Arrays.fill(data, i * gram.cols() + from + i, (i + 1) * gram.cols(), 0);
        }
        return new Matrix(gram.rows(), gram.cols(), data);
    }

    @Override
    public double missing(int units) {
        double energy = product.energy();
        return energy == 0 ? 0 : missing[channels.count(units) * product.perChannel()] / energy;
    }

    @Override
    public Stage stage(int units) {
        int count = channels.count(units);
        Matrix fitted = cholesky.solveUpper(Matrices.leadingRows(explained, count * product.perChannel()));
        int[] places = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingInt(place -> inOrder[place]))
                .mapToInt(place -> place)
                .toArray();
        int[] remaining = Arrays.stream(places).map(place -> inOrder[place]).toArray();
        float[] weights = product.laidOut(fitted, places);
        Op op = product.layer().op().shrunk(0, inOrder.length - count);
        return new Stage(
                op,
                Weights.of(op.weight(), weights),
                Optional.of(product.missedMean(weights, product.mean(remaining))));
    }
}
