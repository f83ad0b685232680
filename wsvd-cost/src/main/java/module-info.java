/** MAC and memory cost of a layer and of every way to split it. */
module dev.wsvd.cost {
    requires transitive dev.wsvd.domain;

    exports dev.wsvd.cost;

    provides dev.wsvd.domain.spi.CostModel with
            dev.wsvd.cost.MacCost,
            dev.wsvd.cost.MemoryCost,
            dev.wsvd.cost.BytesCost;
}
