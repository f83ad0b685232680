package dev.wsvd.pipeline;

import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.MomentsStore;
import java.util.Optional;

/**
 * What a run is to learn from.
 *
 * @param inputs calibration inputs
 * @param moments where their moments are kept, or were by an earlier run
 */
record LearntFrom<M>(Optional<Activations<M>> inputs, Optional<MomentsStore> moments) {}
