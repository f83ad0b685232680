package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Replacements for the layers of a model, made from its weights without linear algebra. */
final class Replacements {
    private Replacements() {}

    static <M> List<Layer> supported(CompressibleModel<M> model) {
        return model.layers().stream().filter(Layer::supported).toList();
    }

    static <M> Replacement fullRank(CompressibleModel<M> model, Layer layer, ExactForm form) {
        return ExactFactors.of(layer, model.weights(layer.id()), form);
    }

    static <M> List<Replacement> fullRank(CompressibleModel<M> model, ExactForm form) {
        return supported(model).stream()
                .filter(form::appliesTo)
                .map(layer -> fullRank(model, layer, form))
                .toList();
    }

    static <M> List<Replacement> truncated(CompressibleModel<M> model, ExactForm form, int rank) {
        return fullRank(model, form).stream()
                .map(full -> ExactFactors.truncated(full, rank))
                .toList();
    }

    /** Every layer at rank 1, each with a bias correction of its own; weights and corrections use all bits of a float. */
    static <M> List<Replacement> corrected(CompressibleModel<M> model) {
        return truncated(model, ExactForm.OUTPUT_CHANNEL, 1).stream()
                .map(rank1 -> corrected(scaled(rank1, 1.2345678f), correction(rank1.layer(), 0.9876543f)))
                .toList();
    }

    /** The same with the last stage's weight times a number, so that the product is not the layer's. */
    static Replacement scaled(Replacement replacement, float scale) {
        float[] values = last(replacement).weights().all().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        return withLast(replacement, new Stage(last(replacement).op(), values));
    }

    /** The same stages with another bias correction. */
    static Replacement corrected(Replacement replacement, float[] correction) {
        Stage last = last(replacement);
        return withLast(replacement, new Stage(last.op(), last.weights(), Optional.of(correction)));
    }

    /** The same with weights that can be read only until then. */
    static Replacement readableUntil(AtomicBoolean then, Replacement replacement) {
        List<Stage> stages = replacement.parts().stream()
                .map(stage -> new Stage(stage.op(), new Passing(stage.weights(), then), stage.biasCorrection()))
                .toList();
        return Replacement.of(replacement.layer(), replacement.choice(), stages, replacement.predictedError());
    }

    private record Passing(Weights of, AtomicBoolean gone) implements Weights {
        @Override
        public WeightShape shape() {
            return of.shape();
        }

        @Override
        public ElementType type() {
            return of.type();
        }

        @Override
        public float[] rows(int from, int to) {
            assertFalse(gone.get(), "weights are read after the call that they were given to");
            return of.rows(from, to);
        }
    }

    /** The same with another weight in the last stage. */
    static Replacement withLast(Replacement replacement, float[] values) {
        Stage last = last(replacement);
        return withLast(
                replacement, new Stage(last.op(), Weights.of(last.op().weight(), values), last.biasCorrection()));
    }

    private static Replacement withLast(Replacement replacement, Stage last) {
        List<Stage> stages = new ArrayList<>(replacement.parts());
        stages.set(stages.size() - 1, last);
        return Replacement.of(replacement.layer(), replacement.choice(), stages, replacement.predictedError());
    }

    static Stage last(Replacement replacement) {
        List<Stage> stages = replacement.parts();
        return stages.get(stages.size() - 1);
    }

    /** Numbers of both signs, another one for each output channel, times a scale. */
    static float[] correction(Layer layer, float scale) {
        float[] correction = new float[layer.outChannels()];
        for (int c = 0; c < correction.length; c++) {
            correction[c] = scale * (c % 2 == 0 ? 1 : -1) * (c + 1) / correction.length;
        }
        return correction;
    }
}
