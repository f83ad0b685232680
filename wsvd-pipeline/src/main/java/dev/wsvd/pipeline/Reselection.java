package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Plan;
import java.util.Collection;

/** A selection that is made again, once more is known of the time. */
interface Reselection {
    /** What a plan does to a place, whatever the size. */
    record Change(LayerId place, String form) {
        /** For people: {@code input-channel of 'conv2'}. */
        @Override
        public String toString() {
            return form + " of '" + place + "'";
        }
    }

    /** @throws dev.wsvd.domain.error.UnreachableTargetException if no plan is within the target */
    Plan select();

    /** From now on these are left out, and no others. */
    void without(Collection<Change> changes);
}
