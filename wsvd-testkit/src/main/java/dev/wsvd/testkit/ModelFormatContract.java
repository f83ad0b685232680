package dev.wsvd.testkit;

import static dev.wsvd.testkit.Splits.fullRank;
import static dev.wsvd.testkit.Splits.splittable;
import static dev.wsvd.testkit.Splits.truncated;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.LayerId;
import dev.wsvd.domain.LinearLayer;
import dev.wsvd.domain.Unfolding;
import dev.wsvd.domain.WeightShape;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.factor.FactorizedLayer;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@link ModelFormat} and {@link CompressibleModel} promise, as tests. A format's test class extends this one and gives
 * an example model, best with every kind of layer the format knows: a Conv with and without groups, a Linear, one that cannot
 * be split.
 *
 * @param <M> what the format's users call a model
 */
public abstract class ModelFormatContract<M> {
    /** Of one product more in float32. */
    private static final double TOLERANCE = 1e-4;

    @TempDir
    Path folder;

    private final List<CompressibleModel<M>> opened = new ArrayList<>();
    private Path example;

    @AfterEach
    void close() {
        opened.forEach(CompressibleModel::close);
    }

    /** The format under test. */
    protected abstract ModelFormat<M> format();

    /** Writes the example model into a folder and tells where, a file or a folder; at least two of its layers can be split. */
    protected abstract Path writeExample(Path folder) throws IOException;

    /** The value of a dynamic dim in the inputs that this contract makes. */
    protected long dynamicDim(TensorInfo input, int dim) {
        return dim == 0 ? 2 : 1;
    }

    @Test
    void acceptsItsFilesAndNoOthers() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "Not a model at all, only words.\n".repeat(10));
        assertTrue(format().accepts(example()));
        assertFalse(format().accepts(text));
        assertFalse(format().accepts(folder.resolve("missing")));
        assertFalse(format().accepts(folder));
    }

    @Test
    void aMissingFileIsTheCallersFault() {
        Path missing = folder.resolve("missing.model");
        var e = assertThrows(InvalidInputException.class, () -> format().open(missing, OpenOptions.DEFAULT));
        assertTrue(e.getMessage().contains("missing.model"), e.getMessage());
    }

    @Test
    void aFileThatIsNoModelIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("notes.txt"), "Not a model at all, only words.\n".repeat(10));
        assertThrows(WsvdException.class, () -> format().open(text, OpenOptions.DEFAULT));
        Path empty = Files.createFile(folder.resolve("empty"));
        assertThrows(WsvdException.class, () -> format().open(empty, OpenOptions.DEFAULT));
        Path emptyFolder = Files.createDirectory(folder.resolve("empty folder"));
        assertThrows(WsvdException.class, () -> format().open(emptyFolder, OpenOptions.DEFAULT));
    }

    @Test
    void aTruncatedFileIsRefused() throws IOException {
        ModelFiles whole = ModelFiles.of(example());
        for (Path file : whole.names()) {
            byte[] bytes = whole.bytes(file);
            for (int eighth = 1; eighth < 8; eighth++) {
                byte[] part = Arrays.copyOf(bytes, bytes.length * eighth / 8);
                Path damaged = whole.with(file, part).writeTo(Files.createTempDirectory(folder, "part"));
                assertThrows(
                        WsvdException.class,
                        () -> format().open(damaged, OpenOptions.DEFAULT),
                        file + " at " + eighth + "/8");
            }
        }
    }

    @Test
    void layersHaveUniqueNamesAndSizes() throws IOException {
        CompressibleModel<M> model = open();
        assertTrue(splittable(model).size() >= 2, "the example has two layers that can be split");
        assertUniqueNames(model);
        for (Layer layer : splittable(model)) {
            assertTrue(layer.inputPositions() > 0 && layer.outputPositions() > 0, "sizes of " + layer);
            assertEquals(1, layer.inputShape().get(0), "samples in the input of " + layer);
            assertEquals(1, layer.outputShape().get(0), "samples in the output of " + layer);
            int channels = layer instanceof LinearLayer ? layer.inputShape().size() - 1 : 1;
            assertEquals(layer.inChannels(), layer.inputShape().get(channels), "channels into " + layer);
            int outChannels = layer instanceof LinearLayer ? layer.outputShape().size() - 1 : 1;
            assertEquals(layer.outChannels(), layer.outputShape().get(outChannels), "channels out of " + layer);
        }
    }

    @Test
    void aWeightIsACopyOfTheLayersSize() throws IOException {
        CompressibleModel<M> model = open();
        for (Layer layer : splittable(model)) {
            float[] weight = model.weight(layer.id());
            assertEquals(layer.weight().elements(), weight.length);
            float[] before = weight.clone();
            weight[0] += 1;
            assertArrayEquals(before, model.weight(layer.id()));
        }
    }

    @Test
    void anUnknownLayerIsRefused() throws IOException {
        CompressibleModel<M> model = open();
        LayerId unknown = new LayerId("no layer of this name");
        assertThrows(InvalidInputException.class, () -> model.weight(unknown));
        Layer layer =
                new LinearLayer(unknown, WeightShape.linear(4, 3), List.of(1L, 3L), List.of(1L, 4L), Optional.empty());
        FactorizedLayer split = ExactFactors.of(layer, new float[12], Unfolding.INPUT_CHANNEL);
        assertThrows(InvalidInputException.class, () -> model.with(List.of(split)));
    }

    @Test
    void aLayerThatCannotBeSplitIsRefused() throws IOException {
        CompressibleModel<M> model = open();
        for (Layer layer : model.layers()) {
            if (!layer.splittable()) {
                float[] zero = new float[(int) layer.weight().elements()];
                FactorizedLayer split = ExactFactors.of(layer, zero, Unfolding.OUTPUT_CHANNEL);
                InvalidInputException e = assertThrows(InvalidInputException.class, () -> model.with(List.of(split)));
                assertTrue(e.getMessage().contains(layer.obstacle().get()), e.getMessage());
            }
        }
    }

    @Test
    void factorsOfAnotherSizeAreRefused() throws IOException {
        CompressibleModel<M> model = open();
        FactorizedLayer good = fullRank(model, splittable(model).get(0), Unfolding.OUTPUT_CHANNEL);
        Layer lie = new LinearLayer(
                good.layer().id(), WeightShape.linear(7, 13), List.of(1L, 13L), List.of(1L, 7L), Optional.empty());
        FactorizedLayer bad = ExactFactors.of(lie, new float[7 * 13], Unfolding.OUTPUT_CHANNEL);
        assertThrows(InvalidInputException.class, () -> model.with(List.of(bad)));
        assertThrows(InvalidInputException.class, () -> model.with(List.of(good, good)));
    }

    @Test
    void splittingLeavesTheOriginalAsItWas() throws IOException {
        CompressibleModel<M> model = open();
        List<Layer> layers = model.layers();
        Map<LayerId, float[]> weights = new HashMap<>();
        splittable(model).forEach(l -> weights.put(l.id(), model.weight(l.id())));
        Map<String, Tensor> before = run(model);
        CompressibleModel<M> split = with(model, truncated(model, Unfolding.INPUT_CHANNEL, 1));
        run(split);
        assertEquals(layers, model.layers());
        weights.forEach((id, weight) -> assertArrayEquals(weight, model.weight(id)));
        ModelRuns.assertSame(before, run(model), 0);
        assertNotEquals(model.identity(), split.identity());
        assertEquals(model.identity(), open().identity());
    }

    @Test
    void atFullRankTheModelComputesWhatItDid() throws IOException {
        CompressibleModel<M> model = open();
        Map<String, Tensor> expected = run(model);
        for (Unfolding unfolding : Unfolding.values()) {
            CompressibleModel<M> split = with(model, fullRank(model, unfolding));
            ModelRuns.assertSame(expected, run(split), TOLERANCE);
            for (FactorizedLayer one : fullRank(model, unfolding)) {
                ModelRuns.assertSame(expected, run(with(model, List.of(one))), TOLERANCE);
            }
        }
    }

    @Test
    void theNewLayersHoldTheFactors() throws IOException {
        CompressibleModel<M> model = open();
        for (Unfolding unfolding : Unfolding.values()) {
            List<FactorizedLayer> splits = truncated(model, unfolding, 1);
            CompressibleModel<M> split = with(model, splits);
            run(split);
            assertUniqueNames(split);
            List<Layer> added = new ArrayList<>(split.layers());
            added.removeAll(model.layers());
            assertEquals(2 * splits.size(), added.size(), "new layers among " + split.layers());
            for (int i = 0; i < splits.size(); i++) {
                FactorizedLayer factors = splits.get(i);
                Layer first = added.get(2 * i);
                Layer second = added.get(2 * i + 1);
                String name = factors.layer().id().name();
                assertTrue(first.id().name().contains(name), first.id() + " is derived from " + name);
                assertTrue(second.id().name().contains(name), second.id() + " is derived from " + name);
                assertEquals(factors.firstShape(), first.weight());
                assertEquals(factors.secondShape(), second.weight());
                assertEquals(factors.layer().inputShape(), first.inputShape());
                assertEquals(factors.layer().outputShape(), second.outputShape());
                assertArrayEquals(factors.first(), split.weight(first.id()), 1e-3f);
                assertArrayEquals(factors.second(), split.weight(second.id()), 1e-3f);
            }
        }
    }

    @Test
    void aSplitLayerCanBeSplitAgain() throws IOException {
        CompressibleModel<M> model = open();
        Map<String, Tensor> expected = run(model);
        CompressibleModel<M> once = with(model, fullRank(model, Unfolding.OUTPUT_CHANNEL));
        CompressibleModel<M> twice = with(once, fullRank(once, Unfolding.INPUT_CHANNEL));
        assertUniqueNames(twice);
        ModelRuns.assertSame(expected, run(twice), TOLERANCE);
    }

    @Test
    void theSameSplitGivesTheSameModel() throws IOException {
        CompressibleModel<M> model = open();
        List<FactorizedLayer> splits = truncated(model, Unfolding.INPUT_CHANNEL, 1);
        CompressibleModel<M> again = open();
        assertEquals(
                with(model, splits).identity(),
                with(again, truncated(again, Unfolding.INPUT_CHANNEL, 1)).identity());
    }

    @Test
    void aSavedModelOpensAsItWas() throws IOException {
        CompressibleModel<M> model = open();
        CompressibleModel<M> split = with(model, truncated(model, Unfolding.OUTPUT_CHANNEL, 1));
        Path saved = Files.createDirectories(folder.resolve("out"))
                .resolve(example().getFileName().toString());
        for (CompressibleModel<M> any : List.of(split, model)) {
            any.save(saved);
            CompressibleModel<M> again = open(saved);
            assertEquals(any.layers(), again.layers());
            ModelRuns.assertSame(run(any), run(again), 0);
        }
    }

    @Test
    void whatItWasOpenedFromIsNeverOverwritten() throws IOException {
        Path source = example();
        ModelFiles before = ModelFiles.of(source);
        CompressibleModel<M> model = open();
        CompressibleModel<M> split = with(model, truncated(model, Unfolding.OUTPUT_CHANNEL, 1));
        Path link = Files.createSymbolicLink(folder.resolve("link"), source);
        for (Path target : List.of(source, folder.resolve(".").resolve(folder.relativize(source)), link)) {
            InvalidInputException e = assertThrows(InvalidInputException.class, () -> split.save(target));
            assertTrue(e.getMessage().contains(target.toString()), e.getMessage());
        }
        ModelFiles.of(source).assertSame(before);
    }

    @Test
    void aRefusedSaveLeavesNothingBehind() throws IOException {
        CompressibleModel<M> model = open();
        Path otherKind = folder.resolve("taken");
        if (Files.isDirectory(example())) {
            Files.createFile(otherKind);
        } else {
            Files.createDirectory(otherKind);
        }
        Set<Path> before = tree();
        assertThrows(InvalidInputException.class, () -> model.save(folder.resolve("no such folder/model")));
        assertThrows(InvalidInputException.class, () -> model.save(otherKind));
        assertThrows(InvalidInputException.class, () -> model.save(example()));
        assertEquals(before, tree());
    }

    @Test
    void wrongInputsAreRefusedWithTheirName() throws IOException {
        CompressibleModel<M> model = open();
        try (Predictor predictor = format().predictor(model.model())) {
            Map<String, Tensor> good = ModelRuns.inputs(predictor, this::dynamicDim);
            String name = predictor.inputs().get(0).name();
            Map<String, Tensor> missing = new HashMap<>(good);
            missing.remove(name);
            assertRefused(predictor, missing, name);
            Map<String, Tensor> unknown = new HashMap<>(good);
            unknown.put("no such input", good.get(name));
            assertRefused(predictor, unknown, "no such input");
            Map<String, Tensor> shaped = new HashMap<>(good);
            List<Long> more = new ArrayList<>(good.get(name).shape());
            more.add(1L);
            shaped.put(
                    name, new Tensor(good.get(name).type(), more, good.get(name).data()));
            assertRefused(predictor, shaped, name);
            assertFalse(predictor.run(good).isEmpty());
        }
    }

    private static void assertRefused(Predictor predictor, Map<String, Tensor> inputs, String name) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> predictor.run(inputs));
        assertTrue(e.getMessage().contains("'" + name + "'"), e.getMessage());
    }

    @Test
    void aClosedPredictorRunsNoMore() throws IOException {
        Predictor predictor = format().predictor(open().model());
        Map<String, Tensor> inputs = ModelRuns.inputs(predictor, this::dynamicDim);
        predictor.close();
        predictor.close();
        assertThrows(WsvdException.class, () -> predictor.run(inputs));
    }

    @Test
    void corruptFilesGiveAClearErrorOrAModel() throws IOException {
        ModelFiles whole = ModelFiles.of(example());
        Random random = new Random(5);
        for (Path file : whole.names()) {
            for (int i = 0; i < 40; i++) {
                byte[] corrupt = whole.bytes(file);
                for (int flips = 0; flips < 4; flips++) {
                    corrupt[random.nextInt(Math.min(corrupt.length, 4096))] = (byte) random.nextInt(256);
                }
                Path damaged = whole.with(file, corrupt).writeTo(Files.createTempDirectory(folder, "corrupt"));
                try {
                    open(damaged).layers();
                } catch (InvalidInputException | ModelFormatException e) {
                    assertFalse(e.getMessage().isBlank());
                }
            }
        }
    }

    private Path example() throws IOException {
        if (example == null) {
            example = writeExample(Files.createDirectory(folder.resolve("example")));
        }
        return example;
    }

    private CompressibleModel<M> open() throws IOException {
        return open(example());
    }

    private CompressibleModel<M> open(Path path) {
        return closedLater(format().open(path, OpenOptions.DEFAULT));
    }

    private CompressibleModel<M> with(CompressibleModel<M> model, List<FactorizedLayer> splits) {
        return closedLater(model.with(splits));
    }

    private CompressibleModel<M> closedLater(CompressibleModel<M> model) {
        opened.add(model);
        return model;
    }

    private Set<Path> tree() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return new HashSet<>(files.toList());
        }
    }

    private static <M> void assertUniqueNames(CompressibleModel<M> model) {
        Set<LayerId> names = new HashSet<>();
        model.layers().forEach(l -> assertTrue(names.add(l.id()), "two layers are called " + l.id()));
    }

    private Map<String, Tensor> run(CompressibleModel<M> model) {
        try (Predictor predictor = format().predictor(model.model())) {
            return predictor.run(ModelRuns.inputs(predictor, this::dynamicDim));
        }
    }
}
