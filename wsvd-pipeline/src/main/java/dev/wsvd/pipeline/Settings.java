package dev.wsvd.pipeline;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.FineTuner;
import dev.wsvd.domain.spi.LayerFactorizer;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.PlanEvaluator;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.spi.ScoreStore;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.spi.TimingStore;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/** What a compressor was told besides the selection; it goes on changing until a run begins. */
final class Settings<M> {
    final CompressibleModel<M> model;
    Optional<Evaluator<M>> evaluator = Optional.empty();
    int iterations = Evaluator.ALL;
    Optional<PlanEvaluator<M>> planEvaluator = Optional.empty();
    Optional<LayerFactorizer<M>> layerFactorizer = Optional.empty();
    OptionalInt workers = OptionalInt.empty();
    Optional<FineTuner<M>> fineTuner = Optional.empty();
    Optional<ScoreStore> scores = Optional.empty();
    Optional<Activations<M>> calibration = Optional.empty();
    Optional<MomentsStore> moments = Optional.empty();
    Optional<Activations<M>> reportedOn = Optional.empty();
    TimingConditions timing = TimingConditions.DEFAULT;
    Optional<TimingStore> timings = Optional.empty();
    boolean int8;
    boolean reportSpectra;
    boolean neverSlower;
    boolean correct;
    ProgressListener listener = ProgressListener.SILENT;
    Optional<String> backendId = Optional.empty();
    Optional<LinearAlgebra> backend = Optional.empty();

    Settings(CompressibleModel<M> model) {
        this.model = Objects.requireNonNull(model, "model");
    }

    /** @throws InvalidInputException if some of it does not go together */
    void requireConsistent() {
        if (correct && calibration.isEmpty()) {
            throw new InvalidInputException(
                    "Correction fits layers to calibration inputs, and there are none. Maybe give some.");
        }
        if (correct && fineTuner.isPresent()) {
            throw new InvalidInputException(
                    "Correction does not go with a fine-tuner. Maybe leave out one of the two.");
        }
        if (moments.isPresent()
                && calibration.isPresent()
                && calibration.get().identity().isEmpty()) {
            throw new InvalidInputException(
                    "Moments are kept with the digest of their inputs, and these calibration inputs have none. Maybe give"
                            + " inputs with an identity, or keep no moments.");
        }
        if (scores.isPresent()
                && calibration.isPresent()
                && calibration.get().identity().isEmpty()) {
            throw new InvalidInputException(
                    "Scores are kept with the digest of the calibration inputs, and these have none. Maybe give inputs with an"
                            + " identity, or keep no scores.");
        }
    }
}
