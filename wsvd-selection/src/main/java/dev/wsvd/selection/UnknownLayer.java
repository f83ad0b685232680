package dev.wsvd.selection;

import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.NearNames;
import dev.wsvd.domain.error.InvalidInputException;
import java.util.Collection;

/** The error for a layer the model does not have. */
final class UnknownLayer {
    private UnknownLayer() {}

    static InvalidInputException named(LayerId unknown, Collection<LayerId> known) {
        return new InvalidInputException("The model has no layer '" + unknown + "'."
                + NearNames.hint(
                        unknown.name(), known.stream().map(LayerId::name).toList()));
    }
}
