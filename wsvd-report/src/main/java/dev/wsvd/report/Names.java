package dev.wsvd.report;

import dev.wsvd.domain.layer.LayerId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How tables call layers and scores. */
final class Names {
    private static final int MOST = 3;

    private Names() {}

    /** A layer's name, and its path where it has one: {@code node_Conv_26 (layer1.0.conv1)}. */
    static String layer(LayerId layer, Optional<String> path) {
        return layer.name() + path.map(p -> " (" + p + ")").orElse("");
    }

    /** What a score is of: {@code accuracy of 'logits'}; just its name where a model has one output. */
    static String score(String name, List<String> outputs) {
        if (outputs.isEmpty()) {
            return name;
        }
        String some =
                outputs.stream().limit(MOST).map(output -> "'" + output + "'").collect(Collectors.joining(", "));
        int more = outputs.size() - MOST;
        return name + " of " + some + (more > 0 ? " and " + more + " more" : "");
    }
}
