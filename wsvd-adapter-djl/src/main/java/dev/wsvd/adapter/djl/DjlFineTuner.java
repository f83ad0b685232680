package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.nn.Parameter;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.TranslateException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.FineTuner;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Trains compressed models with DJL: all layers that are not frozen, for some epochs after each split layer and some at the end.
 * The listeners of the training configuration hear of every batch and epoch.
 */
public final class DjlFineTuner implements FineTuner<Model> {
    private final Supplier<? extends TrainingConfig> config;
    private final Dataset data;
    private final int epochsPerLayer;
    private final int epochsAtEnd;

    private DjlFineTuner(Supplier<? extends TrainingConfig> config, Dataset data, int epochsPerLayer, int epochsAtEnd) {
        this.config = Objects.requireNonNull(config, "config");
        this.data = Objects.requireNonNull(data, "data");
        this.epochsPerLayer = epochsPerLayer;
        this.epochsAtEnd = epochsAtEnd;
    }

    /**
     * One epoch at the end.
     *
     * @param config makes the configuration (loss, optimizer, listeners) of one training, a new one each time, for optimizers
     *     remember the parameters they have moved
     * @param data what to train on
     */
    public static DjlFineTuner of(Supplier<? extends TrainingConfig> config, Dataset data) {
        return new DjlFineTuner(config, data, 0, 1);
    }

    /** This many epochs after each split layer (AIMET's trainer callback); none by default. */
    public DjlFineTuner epochsPerLayer(int epochs) {
        return new DjlFineTuner(config, data, atLeastZero(epochs), epochsAtEnd);
    }

    /** This many epochs when all layers are split; one by default. */
    public DjlFineTuner epochsAtEnd(int epochs) {
        return new DjlFineTuner(config, data, epochsPerLayer, atLeastZero(epochs));
    }

    @Override
    public CompressibleModel<Model> tuneLayer(CompressibleModel<Model> model, LayerId layer) {
        train(model.model(), epochsPerLayer);
        return model;
    }

    @Override
    public CompressibleModel<Model> tuneModel(CompressibleModel<Model> model) {
        train(model.model(), epochsAtEnd);
        return model;
    }

    private void train(Model model, int epochs) {
        if (epochs == 0) {
            return;
        }
        for (Parameter parameter : model.getBlock().getParameters().values()) {
            parameter.getArray().setRequiresGradient(parameter.requiresGradient());
        }
        try (Trainer trainer = model.newTrainer(config.get())) {
            EasyTrain.fit(trainer, epochs, data, null);
        } catch (IOException | TranslateException e) {
            throw new ModelFormatException("The samples to train on cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static int atLeastZero(int epochs) {
        if (epochs < 0) {
            throw new InvalidInputException("Epochs must be at least 0, found " + epochs + ".");
        }
        return epochs;
    }
}
