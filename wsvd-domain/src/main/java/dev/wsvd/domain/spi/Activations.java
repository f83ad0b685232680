package dev.wsvd.domain.spi;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Inputs, as a model will see them, and the activations inside the model when it runs on them. Moments, output errors and
 * divergences are functions over this one stream, in {@code wsvd-calibration}.
 *
 * @param <M> what the format's users call a model
 */
public interface Activations<M> {
    /** Which inputs these are; empty if it cannot say. */
    default Optional<CalibrationIdentity> identity() {
        return Optional.empty();
    }

    /** Number of inputs. */
    long samples();

    /**
     * Runs the first sample, so that inputs that do not fit are found before any other work.
     *
     * @throws dev.wsvd.domain.error.InvalidInputException if they are not what the model takes
     */
    void requireFit(M model);

    /**
     * Makes a model ready to run on the inputs with some layers watched; the caller closes it.
     *
     * @param layers none to get the model's own outputs
     * @param batchSize number of samples per run, unless the model's batch dim is fixed
     * @throws dev.wsvd.domain.error.InvalidInputException if the format cannot watch layers
     */
    Watch watch(M model, Collection<LayerId> layers, int batchSize);

    /**
     * Goes through models by layers, so that each run begins where the last one ended and not at the inputs, if the format can do
     * that. The caller closes it.
     *
     * @param batchSize number of samples per run, unless a model's batch dim is fixed
     */
    default Walk<M> walk(int batchSize) {
        return new Walk<>() {
            @Override
            public Watch before(M model, LayerId layer) {
                return watch(model, List.of(layer), batchSize);
            }

            @Override
            public Watch behind(M model, Collection<LayerId> layers) {
                return watch(model, layers, batchSize);
            }

            @Override
            public boolean resumes() {
                return false;
            }

            @Override
            public void arrived() {}

            @Override
            public Watch rest(M model) {
                return watch(model, List.of(), batchSize);
            }

            @Override
            public void close() {}
        };
    }

    /**
     * A way through models that compute the same as far as it has come. Everything that is run on it is run on the same batches of
     * samples.
     */
    interface Walk<M> extends AutoCloseable {
        /**
         * Makes a model ready to run from here up to a layer, of which it is watched what it sees; what it gives need not be.
         *
         * @param model one that computes what the models before it did, up to where the walk is
         */
        Watch before(M model, LayerId layer);

        /** The same through some layers, up to the last of them, with all of them watched. */
        Watch behind(M model, Collection<LayerId> layers);

        /** Whether there is anything to begin with where the last run went to, once the walk has arrived there. */
        boolean resumes();

        /** The walk is now where the last run, all batches of which have been run, went to. */
        void arrived();

        /**
         * Makes a model ready to run from here on, with no layer watched.
         *
         * @param model as for {@link #before}; sizes that the models before it computed may be others here
         */
        Watch rest(M model);

        @Override
        void close();
    }

    /** A model ready to run on the inputs, in any order of them. Not for several threads at once. */
    interface Watch extends AutoCloseable {
        /**
         * Name of the tensor that a layer sees. It is the same in a model with other layers split. Empty if the layer is not
         * watched or its input cannot be.
         */
        Optional<String> input(LayerId layer);

        /**
         * Name of the tensor that a layer gives, before any activation. It is the same in a model with other layers split, and
         * where this one is split it is what the last layer in its place gives. Empty if the layer is not watched or its output
         * cannot be.
         */
        Optional<String> output(LayerId layer);

        /**
         * Name of the tensor that a residual sum adds to what a watched layer gives, if that is known and depends on no layer from
         * this one on.
         */
        default Optional<String> addend(LayerId layer) {
            return Optional.empty();
        }

        /**
         * Number of samples per run, that of the model where its batch dim is fixed.
         *
         * @throws dev.wsvd.domain.error.InvalidInputException if the inputs do not fit the model
         */
        int batchSize();

        /**
         * Runs samples from … to, at most a batch. The tensors may be gone once this is closed.
         *
         * @return what watched layers see and give or, where none is watched, the model's outputs, by name. Of a tensor whose
         *     first dim counts the samples, exactly these samples
         * @throws dev.wsvd.domain.error.InvalidInputException if the inputs do not fit the model
         * @throws dev.wsvd.domain.error.ModelFormatException if the engine fails
         */
        Map<String, Tensor> run(long from, long to);

        /**
         * Which tokens of samples from … to count: [samples, tokens], 0 for those that only fill shorter samples up. What layers
         * see and give there is nobody's, so statistics leave it out. Empty if all count.
         */
        default Optional<Tensor> mask(long from, long to) {
            return Optional.empty();
        }

        @Override
        void close();
    }
}
