package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.fail;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.testkit.disk.EveryFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Saves to a disk where something goes wrong.
 *
 * @param before the model that is there; empty for none
 */
record FaultySaves<M>(ContractExample<M> example, Optional<CompressibleModel<M>> before, CompressibleModel<M> after)
        implements EveryFault.Trial {
    FaultySaves {
        example.require(FormatFeature.ANY_FILE_SYSTEM);
    }

    @Override
    public void writeOld(Path folder) {
        before.ifPresent(model -> save(model, folder));
    }

    @Override
    public void writeNew(Path folder) {
        save(after, folder);
    }

    private void save(CompressibleModel<M> model, Path folder) {
        Path target = folder.resolve(example.fileName());
        try {
            model.save(target);
        } catch (WsvdException e) {
            throw e;
        } catch (UnsupportedOperationException e) {
            fail(
                    "Saving to '" + target + "', a path of another file system than the default, fails: " + e
                            + ". Maybe give the reason in lacks() with FormatFeature.ANY_FILE_SYSTEM.",
                    e);
        } catch (RuntimeException e) {
            fail("Saving to '" + target + "' on a disk that fails should give a WsvdException, found " + e, e);
        }
    }

    /** Layers and outputs. */
    @Override
    public Object read(Path folder) {
        Path model = folder.resolve(example.fileName());
        if (!Files.exists(model)) {
            return "none";
        }
        try (CompressibleModel<M> found = example.format().open(model, OpenOptions.DEFAULT);
                Predictor predictor = example.format().predictor(found.model())) {
            return List.of(found.layers(), ModelRuns.copies(predictor.run(example.inputs(predictor))));
        }
    }
}
