package dev.wsvd.testkit;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The format of a contract, and the example model that a test opens, changes and runs. What is opened here is closed at the end. */
final class ContractExample<M> {
    private final ModelFormatContract<M> contract;
    private final Path folder;
    private final List<CompressibleModel<M>> opened = new ArrayList<>();
    private Path path;

    ContractExample(ModelFormatContract<M> contract, Path folder) {
        this.contract = contract;
        this.folder = folder;
    }

    ModelFormat<M> format() {
        return contract.format();
    }

    /** A folder for this test alone. */
    Path folder() {
        return folder;
    }

    /** Where the example is; written when first asked for, into a folder of its own whose name has a space. */
    Path path() {
        try {
            if (path == null) {
                path = contract.writeExample(Files.createDirectory(folder.resolve("example 1")));
            }
            return path;
        } catch (IOException e) {
            return fail("The example could not be written: " + e, e);
        }
    }

    String fileName() {
        return path().getFileName().toString();
    }

    CompressibleModel<M> open() {
        return open(path());
    }

    CompressibleModel<M> open(Path model) {
        return succeeding("opening '" + model + "'", () -> tryOpen(model));
    }

    /** Opens a model that may be refused. */
    CompressibleModel<M> tryOpen(Path model) {
        return closedLater(format().open(model, OpenOptions.DEFAULT));
    }

    CompressibleModel<M> with(CompressibleModel<M> model, Collection<Replacement> replacements) {
        return closedLater(succeeding("replacing " + described(replacements), () -> model.with(replacements)));
    }

    private static String described(Collection<Replacement> replacements) {
        return replacements.stream()
                .flatMap(one -> one.stages().keySet().stream()
                        .map(layer -> "layer '" + layer.id() + "' (" + one.choice() + ")"))
                .collect(Collectors.joining(", "));
    }

    private CompressibleModel<M> closedLater(CompressibleModel<M> model) {
        opened.add(model);
        return model;
    }

    /** What must not fail, or the test fails and says at what. */
    static <T> T succeeding(String what, Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            return fail(Refusals.capitalized(what) + " fails: " + e, e);
        }
    }

    void close() {
        opened.forEach(CompressibleModel::close);
    }

    /** Saves a model into a new folder and opens it again. */
    CompressibleModel<M> reopened(CompressibleModel<M> model) {
        try {
            Path saved = Files.createTempDirectory(folder, "saved ").resolve(fileName());
            save(model, saved);
            return open(saved);
        } catch (IOException e) {
            return fail("A folder to save to could not be made: " + e, e);
        }
    }

    void save(CompressibleModel<M> model, Path target) {
        succeeding("saving to '" + target + "'", () -> {
            model.save(target);
            return target;
        });
    }

    Map<String, Tensor> inputs(Predictor predictor) {
        return ModelRuns.inputs(predictor, contract::dynamicDim);
    }

    /** What a model gives for those inputs. */
    Map<String, Tensor> run(CompressibleModel<M> model) {
        return succeeding("running a model", () -> {
            try (Predictor predictor = format().predictor(model.model())) {
                return predictor.run(inputs(predictor));
            }
        });
    }

    boolean lacks(FormatFeature feature) {
        return contract.lacks().containsKey(feature);
    }

    /** Skips a test, and says why, if the format lacks what it is about. */
    void require(FormatFeature feature) {
        if (lacks(feature)) {
            abort("The format or its example lacks " + feature + ": "
                    + contract.lacks().get(feature));
        }
    }

    /**
     * Fails unless the format's example has what a test is about, or the format says that it lacks it; then it skips the test.
     *
     * @param found whether it has
     */
    void requireShown(FormatFeature feature, boolean found) {
        if (found && lacks(feature)) {
            fail("The format says that it lacks " + feature + ", but the example '" + path() + "' has it.");
        }
        require(feature);
        if (!found) {
            fail("The example '" + path() + "' lacks " + feature + ", so nothing is known of that. Maybe add one, or"
                    + " give the reason in lacks() with FormatFeature." + feature.name() + ".");
        }
    }

    List<Layer> supported(CompressibleModel<M> model) {
        return Replacements.supported(model);
    }

    /** What stands in a layer's place, as layers of the model that has them. */
    List<Layer> stages(CompressibleModel<M> model, LayerId original) {
        List<LayerId> ids = model.stagesOf(original);
        Map<LayerId, Layer> layers = model.layers().stream().collect(Collectors.toMap(Layer::id, layer -> layer));
        return ids.stream()
                .map(id -> layers.containsKey(id)
                        ? layers.get(id)
                        : fail("stagesOf('" + original + "') is " + ids + ", but the model's layers are "
                                + layers.keySet()))
                .toList();
    }

    /** What gives what a replaced layer gave. */
    Layer lastStage(CompressibleModel<M> model, Layer original) {
        List<Layer> stages = stages(model, original.id());
        return stages.isEmpty()
                ? fail("stagesOf('" + original.id() + "') is empty in a model that was made from its own")
                : stages.get(stages.size() - 1);
    }

    /** All files and folders of this test. */
    Set<Path> tree() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return new HashSet<>(files.toList());
        }
    }
}
