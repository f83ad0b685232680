package dev.wsvd.factorization;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.List;
import java.util.Optional;

/** Tucker-2 factors of a layer, by group. */
final class TuckerFactors implements Factors {
    private final Layer layer;
    private final Choice largest;
    private final List<TuckerFit> groups;

    TuckerFactors(Layer layer, Choice largest, List<TuckerFit> groups) {
        this.layer = layer;
        this.largest = largest;
        this.groups = List.copyOf(groups);
    }

    @Override
    public boolean covers(Choice choice) {
        return choice.isWithin(largest);
    }

    @Override
    public double error(Choice choice) {
        requireCovered(choice);
        return relative(groups.stream()
                .mapToDouble(
                        fit -> fit.missing(choice.sizes().get(0), choice.sizes().get(1)))
                .sum());
    }

    @Override
    public Replacement at(Choice choice) {
        requireCovered(choice);
        return of(
                choice,
                groups.stream()
                        .map(fit ->
                                fit.nested(choice.sizes().get(0), choice.sizes().get(1)))
                        .toList());
    }

    @Override
    public Replacement refined(Choice choice) {
        requireCovered(choice);
        return of(
                choice,
                groups.stream()
                        .map(fit ->
                                fit.own(choice.sizes().get(0), choice.sizes().get(1)))
                        .toList());
    }

    private void requireCovered(Choice choice) {
        if (!covers(choice)) {
            throw new InvalidInputException("The factors of layer '" + layer.id() + "' (" + layer.weight()
                    + ") go up to " + largest + "; asked for is " + choice + ".");
        }
    }

    private Replacement of(Choice choice, List<TuckerFit.Solution> solutions) {
        List<Convolution> ops = Tucker2.ops(layer, choice);
        float[] first = new float[Math.toIntExact(ops.get(0).weight().elements())];
        float[] core = new float[Math.toIntExact(ops.get(1).weight().elements())];
        float[] last = new float[Math.toIntExact(ops.get(2).weight().elements())];
        float[] correction = new float[layer.outChannels()];
        double missing = 0;
        for (int g = 0; g < groups.size(); g++) {
            TuckerFit.Solution solution = solutions.get(g);
            new Balanced(solution).write(g, first, core, last);
            double[] missed = groups.get(g).missedMean(solution);
            for (int o = 0; o < missed.length; o++) {
                correction[g * missed.length + o] = (float) missed[o];
            }
            missing += solution.missing();
        }
        return Replacement.of(
                layer,
                choice,
                List.of(
                        new Stage(ops.get(0), first),
                        new Stage(ops.get(1), core),
                        new Stage(ops.get(2), Weights.of(ops.get(2).weight(), last), some(correction))),
                relative(missing));
    }

    /** None where the inputs have no mean: a layer without a bias then stays without one. */
    static Optional<float[]> some(float[] correction) {
        for (float added : correction) {
            if (added != 0) {
                return Optional.of(correction);
            }
        }
        return Optional.empty();
    }

    private double relative(double missing) {
        double energy = groups.stream().mapToDouble(TuckerFit::energy).sum();
        return energy == 0 ? 0 : Math.sqrt(missing / energy);
    }

    /** A group's weights with lengths shared between the stages on both sides of each rank, which a stage's float16 needs. */
    private static final class Balanced {
        private final TuckerFit.Solution solution;
        private final int inputRank;
        private final int outputRank;
        private final int taps;
        private final double[] inner;
        private final double[] outer;

        Balanced(TuckerFit.Solution solution) {
            this.solution = solution;
            this.inputRank = solution.projectors().rows();
            this.outputRank = solution.core().rows();
            this.taps = solution.core().cols() / inputRank;
            this.inner = new double[inputRank];
            this.outer = new double[outputRank];
            for (int j = 0; j < outputRank; j++) {
                for (int i = 0; i < solution.core().cols(); i++) {
                    double square = solution.core().get(j, i) * solution.core().get(j, i);
                    inner[i / taps] += square;
                    outer[j] += square;
                }
            }
            // The fourth root of a sum of squares: the square root of a length.
            for (double[] squares : new double[][] {inner, outer}) {
                for (int i = 0; i < squares.length; i++) {
                    squares[i] = squares[i] == 0 ? 1 : Math.sqrt(Math.sqrt(squares[i]));
                }
            }
        }

        void write(int group, float[] first, float[] core, float[] last) {
            int inputs = solution.projectors().cols();
            int outputs = solution.directions().cols();
            for (int r = 0; r < inputRank; r++) {
                for (int c = 0; c < inputs; c++) {
                    first[(group * inputRank + r) * inputs + c] =
                            (float) (solution.projectors().get(r, c) * inner[r]);
                }
            }
            int width = inputRank * taps;
            for (int j = 0; j < outputRank; j++) {
                for (int i = 0; i < width; i++) {
                    core[(group * outputRank + j) * width + i] =
                            (float) (solution.core().get(j, i) / inner[i / taps] / outer[j]);
                }
            }
            for (int o = 0; o < outputs; o++) {
                for (int j = 0; j < outputRank; j++) {
                    last[(group * outputs + o) * outputRank + j] =
                            (float) (solution.directions().get(j, o) * outer[j]);
                }
            }
        }
    }
}
