package dev.wsvd.domain.spi;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.WeighedChange;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Where the moments of a model's layers, and what their errors do to its outputs, are kept for later runs. */
public interface MomentsStore {
    /** Whether there is anything to load. */
    boolean isFilled();

    /**
     * The moments that are kept.
     *
     * @param model whose moments they must be
     * @param inputs of which they must be; empty for any
     * @param layers those whose moments are wanted
     * @throws dev.wsvd.domain.error.InvalidInputException if there are none, or they are of another model, of other inputs or of
     *     layers of other shapes; the message names the place
     */
    Kept load(ModelIdentity model, Optional<CalibrationIdentity> inputs, Collection<Layer> layers);

    /**
     * Saves atomically, in the place of what was there.
     *
     * @param inputs with a digest
     * @param losses of what was weighed
     * @throws dev.wsvd.domain.error.WsvdException if they cannot be saved
     */
    void save(
            ModelIdentity model,
            CalibrationIdentity inputs,
            Map<LayerId, LayerMoments> moments,
            Map<WeighedChange, LossCurve> losses);

    /**
     * What was kept.
     *
     * @param inputs what they were learnt from
     * @param moments by layer; a layer of which none are kept is absent
     * @param losses of what was weighed
     */
    record Kept(CalibrationIdentity inputs, Map<LayerId, LayerMoments> moments, Map<WeighedChange, LossCurve> losses) {
        public Kept {
            moments = Map.copyOf(moments);
            losses = Map.copyOf(losses);
        }
    }
}
