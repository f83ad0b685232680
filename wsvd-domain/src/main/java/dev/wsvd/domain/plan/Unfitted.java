package dev.wsvd.domain.plan;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.SizedOp;
import dev.wsvd.domain.layer.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * What choices make of layers, with weights that mean nothing: a network of them takes as long as a fitted one, and needs no
 * decomposition. Weights are random, so that activations keep their size, which are slow to compute with where they are very small.
 */
public final class Unfitted {
    private static final int DIFFERENT = 4096;

    private Unfitted() {}

    /**
     * A replacement by shapes alone.
     *
     * @param blueprint of the choice at the place
     * @param corrected whether what is fitted will correct biases, as it does where inputs are known: that may take a node more
     */
    public static Replacement of(Place place, Choice choice, Blueprint blueprint, boolean corrected) {
        if (blueprint.isCut()) {
            return cut(place.coupling().orElseThrow(), choice, corrected);
        }
        Map<LayerId, Layer> layers = new LinkedHashMap<>();
        place.layers().forEach(layer -> layers.put(layer.id(), layer));
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        blueprint
                .stages()
                .forEach((id, ops) -> stages.put(
                        layers.get(id), stages(ops.stream().map(SizedOp::op).toList(), corrected)));
        if (stages.size() == 1) {
            return new Replacement(choice, stages, 0);
        }
        Siblings siblings = place.siblings().orElseThrow();
        Stage shared = stages.get(siblings.layer()).get(0);
        stages.replaceAll((layer, own) -> layer.equals(siblings.layer()) ? own : behind(shared, own));
        return Replacement.of(siblings, choice, stages, 0);
    }

    private static List<Stage> behind(Stage shared, List<Stage> own) {
        List<Stage> all = new ArrayList<>(List.of(shared));
        all.addAll(own);
        return all;
    }

    /** The first units of each group are kept: as fast as any others. */
    private static Replacement cut(Coupling coupling, Choice choice, boolean corrected) {
        Cut cut = new Cut(coupling, Cut.leading(coupling, choice.rank()), List.of());
        Map<Layer, Integer> gone = new LinkedHashMap<>();
        for (Slice reader : coupling.readers()) {
            gone.merge(reader.layer(), reader.width() - cut.remaining(reader).size(), Integer::sum);
        }
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        gone.forEach((layer, channels) ->
                stages.put(layer, stages(List.of(layer.op().shrunk(0, channels)), corrected)));
        return new Replacement(choice, stages, Optional.of(cut), 0);
    }

    private static List<Stage> stages(List<Op> ops, boolean corrected) {
        List<Stage> stages = new ArrayList<>();
        for (int i = 0; i < ops.size(); i++) {
            Op op = ops.get(i);
            boolean last = i == ops.size() - 1;
            Optional<float[]> bias =
                    last && corrected ? Optional.of(new float[op.weight().out()]) : Optional.empty();
            stages.add(new Stage(op, Weights.of(op.weight(), weights(op)), bias));
        }
        return stages;
    }

    private static float[] weights(Op op) {
        float[] weights = new float[Math.toIntExact(op.weight().elements())];
        int fanIn = op.weight().inPerGroup() * op.weight().kernelSize();
        Random random = new Random(fanIn);
        float scale = (float) Math.sqrt(1.0 / fanIn);
        int different = Math.min(DIFFERENT, weights.length);
        for (int i = 0; i < different; i++) {
            weights[i] = scale * (float) random.nextGaussian();
        }
        for (int i = different; i < weights.length; i++) {
            weights[i] = weights[i - different];
        }
        return weights;
    }
}
