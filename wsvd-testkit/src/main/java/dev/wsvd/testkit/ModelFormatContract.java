package dev.wsvd.testkit;

import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@link ModelFormat}, {@link CompressibleModel}, predictors and probes promise, as tests. A format's test class extends
 * this one and gives an example model with every kind of layer the format knows: {@link FormatFeature} lists what is looked
 * for. What it lacks it says in {@link #lacks}.
 *
 * @param <M> what the format's users call a model
 */
public abstract class ModelFormatContract<M>
        implements OpeningPromises<M>,
                LayerPromises<M>,
                ReplacementPromises<M>,
                LineagePromises<M>,
                BiasCorrectionPromises<M>,
                PredictorPromises<M>,
                ProbePromises<M>,
                QuantizationPromises<M>,
                SavePromises<M> {
    @TempDir
    Path folder;

    private ContractExample<M> example;

    /** The format under test. */
    protected abstract ModelFormat<M> format();

    /** Writes the example model into a folder and tells where, a file or a folder; at least two of its layers can be replaced. */
    protected abstract Path writeExample(Path folder) throws IOException;

    /**
     * What the format or its example does not have, each with the reason. Tests of it are then reported as skipped, for that
     * reason.
     */
    protected Map<FormatFeature, String> lacks() {
        return Map.of();
    }

    /** The value of a dynamic dim in the inputs that this contract makes. */
    protected long dynamicDim(TensorInfo input, int dim) {
        return dim == 0 ? 3 : 1;
    }

    @Override
    public final ContractExample<M> underTest() {
        if (example == null) {
            example = new ContractExample<>(this, folder);
        }
        return example;
    }

    @AfterEach
    void close() {
        underTest().close();
    }
}
