package dev.wsvd.pipeline;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.spi.Schemes;
import java.util.Optional;

/** What a run chooses from. */
record Selection<M>(Schemes schemes, Costs costs, RunProblem.Terms terms, Optional<Int8<M>> int8) {}
