package dev.wsvd.json;

import dev.wsvd.domain.RankDecision;
import dev.wsvd.domain.Unfolding;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** How files say what happens to a layer. */
final class Decisions {
    private static final String SPLIT = "split";
    private static final String DENSE = "dense";
    private static final List<String> UNFOLDINGS =
            Arrays.stream(Unfolding.values()).map(Unfolding::id).toList();

    private Decisions() {}

    /** Adds {@code decision} and, for a split, {@code unfolding} and {@code rank}. */
    static void put(RankDecision decision, Map<String, Object> json) {
        if (decision instanceof RankDecision.Split split) {
            json.put("decision", SPLIT);
            json.put("unfolding", split.unfolding().id());
            json.put("rank", split.rank());
        } else {
            json.put("decision", DENSE);
        }
    }

    /** Whether an object says that its layer is split. */
    static boolean isSplit(Field layer) {
        return layer.required("decision").oneOf(List.of(SPLIT, DENSE)).equals(SPLIT);
    }

    /** The {@code unfolding} and {@code rank} of an object. */
    static RankDecision.Split split(Field layer) {
        return new RankDecision.Split(
                Unfolding.of(layer.required("unfolding").oneOf(UNFOLDINGS)),
                layer.required("rank").positiveInt());
    }
}
