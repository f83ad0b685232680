package dev.wsvd.domain.plan;

import java.util.Objects;

/** What a plan does with one layer. */
public sealed interface Decision {
    /**
     * The layer stays as it is.
     *
     * @param reason for people, such as {@code "ignored"} or {@code "no rank saves"}
     */
    record Keep(String reason) implements Decision {
        public Keep {
            Objects.requireNonNull(reason, "reason");
        }
    }

    /** The layer is replaced. */
    record Change(Choice choice) implements Decision {
        public Change {
            Objects.requireNonNull(choice, "choice");
        }
    }
}
