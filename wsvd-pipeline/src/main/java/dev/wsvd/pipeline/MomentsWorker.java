package dev.wsvd.pipeline;

import dev.wsvd.calibration.LearntMoments;
import dev.wsvd.calibration.Moments;
import dev.wsvd.calibration.MomentsPart;
import dev.wsvd.calibration.MomentsParts;
import dev.wsvd.calibration.SampleRange;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Learns what the layers of a model see, as a run with the same settings does, but from some samples at a time. Made by
 * {@link ModelCompressor#momentsWorker}. Not for several threads at once.
 *
 * @param <M> what the format's users call a model
 */
public final class MomentsWorker<M> implements AutoCloseable {
    private final CompressibleModel<M> model;
    private final List<Layer> layers;
    private final LinearAlgebra linearAlgebra;
    private final Optional<LastingWatch<M>> inputs;

    MomentsWorker(Settings<M> settings, int threads) {
        this.layers = settings.model.layers().stream().filter(Layer::supported).toList();
        this.linearAlgebra = new Backend(settings.backend, settings.backendId).linearAlgebra();
        this.inputs = settings.calibration.map(LastingWatch::new);
        // Last, so that nothing is left open if something is missing.
        this.model = settings.model.forWorker(0, threads);
    }

    /**
     * The calibration inputs.
     *
     * @throws InvalidInputException if there are none
     */
    public Activations<M> inputs() {
        return inputs.orElseThrow(
                () -> new InvalidInputException("There are no calibration inputs. Maybe call calibration(…)."));
    }

    /** Refuses calibration inputs that do not fit the model. */
    public void requireFit() {
        requireFit(inputs());
    }

    /** Refuses other inputs that do not. */
    public void requireFit(Activations<M> others) {
        others.requireFit(model.model());
    }

    /** How many parts every range gives: one for as many layers as are watched together. */
    public int groups() {
        return Moments.groups(layers);
    }

    /** Sums over what layers see in some of the calibration inputs. */
    public MomentsParts<M> parts(SampleRange range) {
        return parts(inputs(), range);
    }

    /** Sums over what layers see in some of other inputs. */
    public MomentsParts<M> parts(Activations<M> others, SampleRange range) {
        return Moments.parts(others, model.model(), layers, linearAlgebra, range);
    }

    /**
     * Saves moments.
     *
     * @param whole sums over all samples, as {@link Moments#of(Iterator, java.util.Collection)} takes them
     * @param of which samples these are
     */
    public void save(Iterator<MomentsPart> whole, CalibrationIdentity of, MomentsStore to) {
        try (LearntMoments moments = Moments.of(whole, layers)) {
            to.save(model.identity(), of, moments, Map.of());
        }
    }

    /** Lets go of what ran the model, which stays its caller's. */
    @Override
    public void close() {
        inputs.ifPresent(LastingWatch::close);
        model.close();
    }
}
