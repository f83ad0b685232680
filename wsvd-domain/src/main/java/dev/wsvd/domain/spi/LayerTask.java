package dev.wsvd.domain.spi;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What is wanted of one decomposition of a layer. */
public sealed interface LayerTask {
    /** The layer that a choice is named after. */
    LayerId layer();

    /**
     * Up to which choice the layer is decomposed where factors are made, so that they are the same to the bit wherever that is done: by how
     * many directions are sought, their last bits differ.
     */
    Choice upTo();

    /**
     * How much choices miss.
     *
     * @param choices of one form, none larger than {@code upTo}
     */
    record Errors(LayerId layer, List<Choice> choices, Choice upTo) implements LayerTask {
        public Errors {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(upTo, "upTo");
            choices = List.copyOf(choices);
        }
    }

    /**
     * What a choice puts in the layer's place.
     *
     * @param refined whether it is meant to stay, and searched for longer
     */
    record Stages(LayerId layer, Choice choice, Choice upTo, boolean refined) implements LayerTask {
        public Stages {
            Objects.requireNonNull(layer, "layer");
            Objects.requireNonNull(choice, "choice");
            Objects.requireNonNull(upTo, "upTo");
        }
    }

    /** What a task gives. */
    sealed interface Result {}

    /**
     * How much choices miss, as {@link dev.wsvd.domain.plan.Factors#error} tells.
     *
     * @param errors by choice
     * @param factored whether factors were made to tell it
     */
    record Missed(Map<Choice, Double> errors, boolean factored) implements Result {
        public Missed {
            errors = Collections.unmodifiableMap(new LinkedHashMap<>(errors));
        }
    }

    /** What stands in the layer's place. */
    record Made(Replacement replacement) implements Result {
        public Made {
            Objects.requireNonNull(replacement, "replacement");
        }
    }
}
