package dev.wsvd.adapter.djl.internal.file;

import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.json.StageShape;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** What stands in a layer's place by a folder that does not say it: wsvd wrote such in its first version, with three forms. */
final class EarlyStages {
    /** Along which axes the first of two stages moves; the second moves along the others. */
    private static final Map<String, IntPredicate> FIRST =
            Map.of("input-channel", axis -> false, "output-channel", axis -> true, "spatial", axis -> axis == 2);

    private EarlyStages() {}

    /** @throws InvalidInputException if the form is of a later version */
    static List<StageShape> of(LayerBlock layer, Choice choice) {
        IntPredicate inFirst = FIRST.get(choice.form());
        if (inFirst == null || choice.sizes().size() != 1) {
            throw new InvalidInputException(
                    "It does not say which stages " + choice + " puts in the place of layer '" + layer.path() + "'.");
        }
        int between = Math.multiplyExact(layer.groups(), choice.rank());
        return List.of(stage(layer, between, inFirst), stage(layer, layer.outChannels(), inFirst.negate()));
    }

    private static StageShape stage(LayerBlock layer, int out, IntPredicate moves) {
        return new StageShape(
                out, layer.groups(), layer.axes().stream().filter(moves::test).toList());
    }
}
