package dev.wsvd.evaluation;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.WeighedChange;
import dev.wsvd.domain.spi.MomentsStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Moments in a {@code .npz} file, written once and read by later runs. */
public final class NpzMoments implements MomentsStore {
    private final Path file;

    private NpzMoments(Path file) {
        this.file = file;
    }

    /**
     * Moments in that file, which need not be there yet.
     *
     * @throws InvalidInputException if the path is there and no such file
     */
    public static NpzMoments at(Path file) {
        NpzMoments moments = new NpzMoments(Objects.requireNonNull(file, "file"));
        if (moments.isFilled()) {
            NpyFiles.requireNpz(file);
        }
        return moments;
    }

    @Override
    public boolean isFilled() {
        return Files.exists(file);
    }

    /**
     * {@inheritDoc}
     *
     * @throws InvalidInputException also if the file is no such file, or holds numbers that are not finite
     */
    @Override
    public Kept load(ModelIdentity model, Optional<CalibrationIdentity> inputs, Collection<Layer> layers) {
        NpyFiles.requireNpz(file);
        MomentsFile kept = MomentsFile.read(file);
        if (!kept.model().equals(model.sha256())) {
            throw new InvalidInputException("The moments in " + file + " are of another model than '" + model.name()
                    + "'. Maybe use another file.");
        }
        if (inputs.filter(wanted -> !wanted.sha256().equals(kept.inputs())).isPresent()) {
            throw new InvalidInputException(
                    "The moments in " + file + " were learnt from other inputs. Maybe use another file.");
        }
        return new Kept(new CalibrationIdentity(0, kept.inputs()), kept.moments(layers), kept.losses(layers));
    }

    @Override
    public void save(
            ModelIdentity model,
            CalibrationIdentity inputs,
            Map<LayerId, LayerMoments> moments,
            Map<WeighedChange, LossCurve> losses) {
        MomentsFile.write(file, model.sha256(), inputs.sha256(), moments, losses);
    }
}
