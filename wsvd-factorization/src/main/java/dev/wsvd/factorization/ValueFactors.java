package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.linalg.SymmetricEigen;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Fewer dims for the values of each head, T_h v for v, and the layers that read them fitted to that.
 *
 * <p>With C_h the covariance of head h's part of what they read and W_h C_h^½ = U S Vᵀ, T_h = V_rᵀ C_h^-½ is the best for that head. In
 * the coordinates Q_h v of all d directions, Q_h = Vᵀ C_h^-½, the cut leaves out the last of each head, and the refit is that of
 * channels that go ({@link RefittedReader}), over all heads together. Rows of T_h are in the end as long as the columns of the weights
 * that read them.
 */
final class ValueFactors implements Factors {
    /** Share of the mean variance below which a direction of a head is taken as not there. */
    private static final double VANISHING = 1e-9;

    private final CutForm form;
    private final Coupling coupling;
    private final Map<ReadChannels, ReaderFit> readers = new LinkedHashMap<>();
    /** Q_h. */
    private final List<Matrix> directions = new ArrayList<>();

    ValueFactors(
            CutForm form, Coupling coupling, Map<ReadChannels, ReaderProduct> products, LinearAlgebra linearAlgebra) {
        this.form = form;
        this.coupling = coupling;
        List<Matrix> inverses = new ArrayList<>();
        for (int g = 0; g < coupling.groups(); g++) {
            add(g, products, inverses, linearAlgebra);
        }
        int[] order = IntStream.range(0, coupling.units())
                .map(i -> i % coupling.groups() * coupling.perGroup() + i / coupling.groups())
                .toArray();
        products.forEach((channels, product) -> readers.put(
                channels, new RefittedReader(product.changed(blocks(channels, inverses)), channels, order)));
    }

    /** Q_h and its inverse: with R the eigenvectors of C_h and e its eigenvalues, Q_h = V e^-½ R. */
    private void add(
            int group, Map<ReadChannels, ReaderProduct> products, List<Matrix> inverses, LinearAlgebra linearAlgebra) {
        int dims = coupling.perGroup();
        Matrix covariance = new Matrix(dims, dims, new double[dims * dims]);
        Matrix gram = covariance;
        for (Map.Entry<ReadChannels, ReaderProduct> reader : products.entrySet()) {
            ReaderProduct product = reader.getValue();
            for (int copy = 0; copy < reader.getKey().spread(); copy++) {
                for (int tap = 0; tap < product.perChannel(); tap++) {
                    int[] elements =
                            ChangeOfBasis.elements(channels(reader.getKey(), group, copy), product.perChannel(), tap);
                    Matrix weight = product.weight(elements);
                    covariance = Matrices.plus(covariance, 1, product.covariance(elements, elements));
                    double share = product.energy() == 0 ? 0 : 1 / product.energy();
                    gram = Matrices.plus(gram, share, linearAlgebra.transposedTimes(weight, weight));
                }
            }
        }
        SymmetricEigen inputs = linearAlgebra.eigenSymmetric(Matrices.symmetric(covariance));
        double mean = Matrices.trace(covariance) / dims;
        double[] roots = Arrays.stream(inputs.values())
                .map(value -> mean == 0 ? 1 : Math.sqrt(Math.max(value, VANISHING * mean)))
                .toArray();
        Matrix scaled = Matrices.scaledRows(inputs.vectors(), roots, true);
        Matrix outputs = linearAlgebra.timesTransposed(linearAlgebra.multiply(scaled, gram), scaled);
        Matrix v = linearAlgebra.eigenSymmetric(Matrices.symmetric(outputs)).vectors();
        directions.add(linearAlgebra.multiply(v, Matrices.scaledRows(inputs.vectors(), roots, false)));
        inverses.add(linearAlgebra.multiply(scaled.transposed(), v.transposed()));
    }

    private int[] channels(ReadChannels reader, int group, int copy) {
        return IntStream.range(group * coupling.perGroup(), (group + 1) * coupling.perGroup())
                .map(unit -> reader.of(unit)[copy])
                .toArray();
    }

    private List<ChangeOfBasis> blocks(ReadChannels reader, List<Matrix> inverses) {
        List<ChangeOfBasis> blocks = new ArrayList<>();
        for (int g = 0; g < coupling.groups(); g++) {
            for (int copy = 0; copy < reader.spread(); copy++) {
                blocks.add(new ChangeOfBasis(channels(reader, g, copy), directions.get(g), inverses.get(g)));
            }
        }
        return blocks;
    }

    @Override
    public boolean covers(Choice choice) {
        return form.covers(coupling, choice);
    }

    /** √ of the mean over the layers that read the units. */
    @Override
    public double error(Choice choice) {
        int units = choice.rank() * coupling.groups();
        return Math.sqrt(readers.values().stream()
                .mapToDouble(reader -> reader.missing(units))
                .average()
                .orElse(0));
    }

    @Override
    public Replacement at(Choice choice) {
        form.requireCovered(coupling, choice);
        List<Integer> kept = Cut.leading(coupling, choice.rank());
        Map<ReadChannels, Stage> fitted = new LinkedHashMap<>();
        readers.forEach((channels, fit) -> fitted.put(channels, fit.stage(kept.size())));
        double[] scale = balance(kept, fitted);
        List<Matrix> combinations = new ArrayList<>();
        for (int g = 0; g < coupling.groups(); g++) {
            combinations.add(Matrices.scaledRows(
                    Matrices.leadingRows(directions.get(g), choice.rank()),
                    Arrays.copyOfRange(scale, g * choice.rank(), (g + 1) * choice.rank()),
                    true));
        }
        Cut cut = new Cut(coupling, kept, Collections.nCopies(coupling.writers().size(), combinations));
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        fitted.forEach(
                (channels, stage) -> stages.put(channels.layer(), List.of(scaled(stage, channels, kept, scale))));
        return new Replacement(choice, stages, Optional.of(cut), error(choice));
    }

    /** What a row of T_h is multiplied with, and the columns that read it divided by, by kept unit. */
    private double[] balance(List<Integer> kept, Map<ReadChannels, Stage> fitted) {
        double[] columns = new double[kept.size()];
        fitted.forEach((channels, stage) -> {
            int[] number = numbers(channels, kept);
            double[] squares =
                    UnseenReader.squares(stage.op().weight(), stage.weights().all());
            for (int i = 0; i < number.length; i++) {
                if (number[i] >= 0) {
                    columns[number[i]] += squares[i];
                }
            }
        });
        double[] scale = new double[columns.length];
        for (int i = 0; i < scale.length; i++) {
            int dims = coupling.perGroup();
            int row = kept.get(i) % dims * dims;
            double length = Matrices.energy(directions.get(kept.get(i) / dims).data(), row, row + dims);
            scale[i] = columns[i] == 0 || length == 0 ? 1 : Math.pow(columns[i] / length, 0.25);
        }
        return scale;
    }

    /** By remaining channel the place of its unit among those kept, −1 for a channel of no unit. */
    private static int[] numbers(ReadChannels channels, List<Integer> kept) {
        Map<Integer, Integer> byChannel = new TreeMap<>();
        Arrays.stream(channels.others()).forEach(channel -> byChannel.put(channel, -1));
        for (int i = 0; i < kept.size(); i++) {
            for (int channel : channels.of(kept.get(i))) {
                byChannel.put(channel, i);
            }
        }
        return byChannel.values().stream().mapToInt(i -> i).toArray();
    }

    private static Stage scaled(Stage stage, ReadChannels channels, List<Integer> kept, double[] scale) {
        int[] number = numbers(channels, kept);
        int taps = stage.op().weight().kernelSize();
        float[] values = stage.weights().all().clone();
        for (int i = 0; i < values.length; i++) {
            int unit = number[i / taps % number.length];
            if (unit >= 0) {
                values[i] = (float) (values[i] / scale[unit]);
            }
        }
        return new Stage(stage.op(), Weights.of(stage.op().weight(), values), stage.biasCorrection());
    }
}
