package dev.wsvd.selection;

import dev.wsvd.domain.plan.Decision.Keep;
import dev.wsvd.domain.plan.Site;

/** Why a plan leaves a layer as it is that is neither ignored nor unsupported. */
enum KeepReason {
    /** No rank that the multiplicity allows costs less than the layer. */
    NO_RANK_SAVES("no rank saves"),
    /** It could have been replaced, but the plan is better off without. */
    SELECTED("kept by the selection"),
    /** The user named other layers. */
    NOT_CHOSEN("not chosen");

    private final String text;

    KeepReason(String text) {
        this.text = text;
    }

    /** The decision, with the layer's own reason if it has one. */
    Keep decision(Site site) {
        return site.kept(text);
    }
}
