package dev.wsvd.evaluation;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.factor.LayerMoments;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.spi.Calibration;
import dev.wsvd.domain.spi.ModelFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Calibration whose moments are kept in a {@code .npz} file: written when they are first learnt, read by later runs. It then
 * serves without inputs too; but only with them can layers be weighed and corrected.
 *
 * @param <M> what the format's users call a model
 */
public final class KeptMoments<M> implements Calibration<M> {
    private final Path file;
    private final ModelIdentity model;
    private final Optional<Calibration<M>> calibration;
    /** Read once, and let go when it has been used. */
    private Optional<MomentsFile> read = Optional.empty();

    private KeptMoments(Path file, ModelIdentity model, Optional<Calibration<M>> calibration) {
        this.file = Objects.requireNonNull(file, "file");
        this.model = Objects.requireNonNull(model, "model");
        this.calibration = calibration;
    }

    /**
     * Calibration on samples, with the moments kept.
     *
     * @param model whose moments they are
     * @throws InvalidInputException if the path is there and no such file
     */
    public static <M> KeptMoments<M> at(Path file, ModelIdentity model, ModelFormat<M> format, ArrayDataset data) {
        if (Files.exists(file)) {
            NpyFiles.requireNpz(file);
        }
        return new KeptMoments<>(file, model, Optional.of(ArrayCalibration.of(format, data)));
    }

    /**
     * Moments kept by an earlier run, without inputs.
     *
     * @param model whose moments they must be
     * @throws InvalidInputException if there is no such file
     */
    public static <M> KeptMoments<M> at(Path file, ModelIdentity model) {
        NpyFiles.requireNpz(file);
        return new KeptMoments<>(file, model, Optional.empty());
    }

    /** Without inputs, those that the moments were learnt from. */
    @Override
    public Optional<CalibrationIdentity> identity() {
        return calibration
                .flatMap(Calibration::identity)
                .or(() -> Optional.of(new CalibrationIdentity(0, kept().inputs())));
    }

    /** @throws InvalidInputException if the file holds moments of another model or other inputs, or is no such file */
    @Override
    public void requireFit(M original, Collection<Layer> layers) {
        calibration.ifPresent(inputs -> inputs.requireFit(original, layers));
        if (isKept()) {
            kept().requireFit(layers);
        }
    }

    /** @throws InvalidInputException if the file holds moments of another model or other inputs, or is no such file */
    @Override
    public Map<LayerId, LayerMoments> moments(M original, Collection<Layer> layers, LinearAlgebra linearAlgebra) {
        if (isKept()) {
            Map<LayerId, LayerMoments> moments = kept().moments(layers);
            read = Optional.empty();
            return moments;
        }
        Map<LayerId, LayerMoments> learnt = calibration.orElseThrow().moments(original, layers, linearAlgebra);
        MomentsFile.write(file, model.sha256(), identity().orElseThrow().sha256(), learnt);
        return learnt;
    }

    private boolean isKept() {
        return calibration.isEmpty() || Files.exists(file);
    }

    private MomentsFile kept() {
        if (read.isEmpty()) {
            MomentsFile kept = MomentsFile.read(file);
            if (!kept.model().equals(model.sha256())) {
                throw new InvalidInputException("The moments in " + file + " are of another model than '" + model.name()
                        + "'. Maybe use another file.");
            }
            if (calibration
                    .flatMap(Calibration::identity)
                    .filter(inputs -> !inputs.sha256().equals(kept.inputs()))
                    .isPresent()) {
                throw new InvalidInputException(
                        "The moments in " + file + " were learnt from other inputs. Maybe use another file.");
            }
            read = Optional.of(kept);
        }
        return read.get();
    }

    /** Empty without inputs. */
    @Override
    public Optional<Joint> joint(M original, M now, FactorizedLayer split, LinearAlgebra linearAlgebra) {
        return calibration.flatMap(c -> c.joint(original, now, split, linearAlgebra));
    }

    /** NaN without inputs. */
    @Override
    public double divergence(M original, M other) {
        return calibration.map(c -> c.divergence(original, other)).orElse(Double.NaN);
    }
}
