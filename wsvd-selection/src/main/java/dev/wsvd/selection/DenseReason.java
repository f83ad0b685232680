package dev.wsvd.selection;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision.KeepDense;

/** Why a plan leaves a layer as it is. */
enum DenseReason {
    /** Its selector was told nothing about the layer. */
    IGNORED("ignored"),
    /** No rank that the multiplicity allows costs less than the layer. */
    NO_RANK_SAVES("no rank saves"),
    /** It could have been split, but the plan is better off without. */
    SELECTED("kept by the selection"),
    /** The user named other layers. */
    NOT_CHOSEN("not chosen");

    private final String text;

    DenseReason(String text) {
        this.text = text;
    }

    /** The decision, with the layer's own obstacle as the reason if it has one. */
    KeepDense decision(Layer layer) {
        return new KeepDense(layer.obstacle().orElse(text));
    }
}
