package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Factors of siblings one above the other, each multiplied by a scale, taken apart again. */
final class SiblingFactors implements Factors {
    private final Siblings siblings;
    private final Factors stacked;
    private final double[] scales;

    SiblingFactors(Siblings siblings, Factors stacked, double[] scales) {
        this.siblings = siblings;
        this.stacked = stacked;
        this.scales = scales;
    }

    @Override
    public boolean covers(Choice choice) {
        return choice.form().equals(SiblingSplit.ID) && stacked.covers(SiblingSplit.ofOne(choice));
    }

    /** √ of the mean over the layers of what each misses, squared: all have the same energy once they are scaled. */
    @Override
    public double error(Choice choice) {
        return stacked.error(SiblingSplit.ofOne(choice));
    }

    @Override
    public Replacement at(Choice choice) {
        return apart(choice, stacked.at(SiblingSplit.ofOne(choice)));
    }

    @Override
    public Replacement refined(Choice choice) {
        return apart(choice, stacked.refined(SiblingSplit.ofOne(choice)));
    }

    private Replacement apart(Choice choice, Replacement whole) {
        Stage first = whole.parts().get(0);
        Stage second = whole.parts().get(1);
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        int from = 0;
        for (int i = 0; i < scales.length; i++) {
            Layer layer = siblings.layers().get(i);
            int to = from + layer.outChannels();
            stages.put(layer, List.of(first, second(layer, choice, second, from, to, scales[i])));
            from = to;
        }
        return Replacement.of(siblings, choice, stages, whole.predictedError());
    }

    private static Stage second(Layer layer, Choice choice, Stage whole, int from, int to, double scale) {
        Op op = SiblingSplit.UNFOLDING.second(layer, choice.rank());
        float[] weights = divided(whole.weights().rows(from, to), 0, (to - from) * width(op), scale);
        Optional<float[]> correction = whole.biasCorrection().map(all -> divided(all, from, to, scale));
        return new Stage(op, Weights.of(op.weight(), weights), correction);
    }

    private static int width(Op op) {
        return op.weight().inPerGroup() * op.weight().kernelSize();
    }

    private static float[] divided(float[] values, int from, int to, double scale) {
        float[] divided = new float[to - from];
        for (int i = 0; i < divided.length; i++) {
            divided[i] = (float) (values[from + i] / scale);
        }
        return divided;
    }
}
