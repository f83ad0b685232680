/** The ways to choose what is done to each layer: greedy, TAR, budget, energy, EVBMF, manual, a given plan. */
module dev.wsvd.selection {
    requires transitive dev.wsvd.domain;

    exports dev.wsvd.selection;
}
