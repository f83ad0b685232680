package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fewer dims for the inner products of queries q and keys k of each head: (T_q q)ᵀ (T_k k) for qᵀ k.
 *
 * <p>What is constant for a query softmax does not see, so that keys are centred, k' = k − E[k]. With M_q = E[q qᵀ], biases and means
 * included, M_k = E[k' k'ᵀ], and queries and keys of different positions taken as independent,
 * E|qᵀ k' − (T_q q)ᵀ (T_k k')|² = ‖M_q^½ (I − T_qᵀ T_k) M_k^½‖_F², which M_q^½ M_k^½ = U S Vᵀ makes least:
 * T_q = S_r^-½ V_rᵀ M_k^½ and T_k = S_r^-½ U_rᵀ M_q^½ = S_r⁻¹ T_q M_q. V and S² are eigenvectors and eigenvalues of M_k^½ M_q M_k^½.
 * Both sides are then of covariance S_r.
 */
final class ScoreFactors implements Factors {
    /** Share of the mean variance, so that directions that are not there have an inverse. */
    private static final double RIDGE = 1e-9;
    /** Share of the largest σ² below which a direction is rounding. */
    private static final double VANISHING = 1e-14;

    private final CutForm form;
    private final Coupling coupling;
    private final List<Matrix> queries = new ArrayList<>();
    private final List<Matrix> keys = new ArrayList<>();
    /** Σ σ² over heads of the directions that go, by how many stay. */
    private final double[] missing;

    ScoreFactors(
            CutForm form, Coupling coupling, WriterProduct queries, WriterProduct keys, LinearAlgebra linearAlgebra) {
        this.form = form;
        this.coupling = coupling;
        int dims = coupling.perGroup();
        this.missing = new double[dims + 1];
        for (int g = 0; g < coupling.groups(); g++) {
            add(
                    Matrices.withRidge(queries.secondMoment(g), RIDGE),
                    Matrices.withRidge(keys.covariance(g), RIDGE),
                    linearAlgebra);
        }
        for (int i = dims - 1; i >= 0; i--) {
            missing[i] += missing[i + 1];
        }
    }

    private void add(Matrix ofQueries, Matrix ofKeys, LinearAlgebra linearAlgebra) {
        Matrix root = Matrices.root(linearAlgebra, ofKeys);
        Matrix both = linearAlgebra.multiply(linearAlgebra.multiply(root, ofQueries), root);
        SymmetricEigen eigen = linearAlgebra.eigenSymmetric(Matrices.symmetric(both));
        double floor = VANISHING * eigen.values()[0];
        double[] values =
                Arrays.stream(eigen.values()).map(value -> Math.max(0, value)).toArray();
        double[] scale = Arrays.stream(values)
                .map(value -> value > floor ? Math.pow(value, -0.25) : 0)
                .toArray();
        Matrix t = Matrices.scaledRows(linearAlgebra.multiply(eigen.vectors(), root), scale, true);
        double[] inverse = Arrays.stream(scale).map(s -> s * s).toArray();
        queries.add(t);
        keys.add(Matrices.scaledRows(linearAlgebra.multiply(t, ofQueries), inverse, true));
        for (int i = 0; i < values.length; i++) {
            missing[i] += values[i];
        }
    }

    @Override
    public boolean covers(Choice choice) {
        return form.covers(coupling, choice);
    }

    /** √(Σ σ² of what goes / Σ σ²) over heads: of the scores before the softmax, keys centred. */
    @Override
    public double error(Choice choice) {
        return missing[0] == 0 ? 0 : Math.sqrt(missing[choice.rank()] / missing[0]);
    }

    @Override
    public Replacement at(Choice choice) {
        form.requireCovered(coupling, choice);
        int rank = choice.rank();
        List<List<Matrix>> combinations = List.of(leading(queries, rank), leading(keys, rank));
        Cut cut = new Cut(coupling, Cut.leading(coupling, rank), combinations);
        return new Replacement(choice, Map.of(), Optional.of(cut), error(choice));
    }

    private static List<Matrix> leading(List<Matrix> byHead, int rank) {
        return byHead.stream().map(t -> Matrices.leadingRows(t, rank)).toList();
    }
}
