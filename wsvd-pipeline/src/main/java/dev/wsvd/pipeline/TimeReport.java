package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.LayerTimes;
import java.util.Map;

/**
 * What a report tells of measured time.
 *
 * @param layers of the original, as far as the engine tells
 */
record TimeReport(CompressionStats.Latency whole, Map<LayerId, LayerTimes> layers) {}
