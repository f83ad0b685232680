package dev.wsvd.safetensors;

import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenDim;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A model of whose layers the names in a safetensors file are known, so that what it is compressed to can be written to such a file too.
 * Layers are split each by itself only: nothing is cut, siblings share no stage, nothing is in int8. Layers whose weight is no tensor of the file
 * are not supported.
 *
 * @param <M> what the format's users call a model
 */
public final class NamedModel<M> implements CompressibleModel<M> {
    private final CompressibleModel<M> model;
    private final Safetensors tensors;
    private final SplitMetadata metadata;
    private final Map<LayerId, StoredTensor> names;
    private final List<Layer> layers;

    private NamedModel(CompressibleModel<M> model, Safetensors tensors, Map<LayerId, StoredTensor> names) {
        this.model = model;
        this.tensors = tensors;
        this.metadata = SplitMetadata.of(tensors);
        this.names = names;
        this.layers = model.layers().stream()
                .map(layer -> !layer.supported() || names.containsKey(layer.id())
                        ? layer
                        : layer.unsupported("its weight is no tensor of "
                                + tensors.files().get(0).getFileName()))
                .toList();
    }

    /**
     * Finds the tensors by their numbers.
     *
     * @param model closed with this
     * @throws InvalidInputException if none is the weight of a layer, or what the file says of modules that were split before cannot be read
     */
    public static <M> NamedModel<M> of(CompressibleModel<M> model, Safetensors tensors) {
        Map<LayerId, StoredTensor> names = LayerNames.of(model, tensors);
        if (names.isEmpty()) {
            throw new InvalidInputException(
                    "No layer of '" + model.identity().name() + "' has a weight that is a tensor of '"
                            + tensors.files().get(0)
                            + "'. Maybe the file is of another model, or normalisations were folded into the"
                            + " layers when the model was exported.");
        }
        return new NamedModel<>(model, tensors, names);
    }

    /** The name of each layer's weight, where it has one. */
    public Map<LayerId, String> names() {
        Map<LayerId, String> found = new HashMap<>();
        names.forEach((layer, tensor) -> found.put(layer, tensor.name()));
        return Map.copyOf(found);
    }

    /**
     * Writes the tensors of the file that names come from, with those of split layers exchanged for those of their stages: of
     * {@code X.weight} and {@code X.bias} there are then {@code X.0.weight}, {@code X.1.weight} and {@code X.1.bias}, as PyTorch's
     * {@code Sequential} calls its parts. What stands in each place is said in the metadata, {@code wsvd}, behind what was said there of earlier
     * splits.
     *
     * @param compressed made from this
     * @throws InvalidInputException if a layer was not split but changed otherwise, a value is too large for its tensor's type, or the path
     *     cannot be written
     * @throws dev.wsvd.domain.error.WsvdException if writing fails
     */
    public void write(CompressibleModel<M> compressed, Path file) {
        Map<LayerId, Layer> now = new HashMap<>();
        compressed.layers().forEach(layer -> now.put(layer.id(), layer));
        SafetensorsWriter writer = new SafetensorsWriter();
        List<SplitModule> modules = new ArrayList<>();
        Set<String> replaced = new HashSet<>();
        for (Layer layer : layers) {
            List<Layer> stages =
                    compressed.stagesOf(layer.id()).stream().map(now::get).toList();
            if (stages.size() == 1 && stages.get(0).op().equals(layer.op())) {
                continue;
            }
            StoredTensor weight = names.get(layer.id());
            if (weight == null) {
                throw new InvalidInputException(
                        "Layer '" + layer.id() + "' was changed, and its weight is no tensor of '"
                                + tensors.files().get(0) + "'.");
            }
            SplitModule module = SplitModule.of(layer, weight, stages, model, compressed, tensors);
            replaced.addAll(module.replaced());
            modules.add(module);
        }
        tensors.tensors().stream()
                .filter(tensor -> !replaced.contains(tensor.name()))
                .forEach(writer::add);
        modules.forEach(module -> module.addTo(writer));
        writer.write(file, metadata.with(modules));
    }

    @Override
    public ModelIdentity identity() {
        return model.identity();
    }

    @Override
    public List<Layer> layers() {
        return layers;
    }

    @Override
    public int channelBlock(Layer layer) {
        return model.channelBlock(layer);
    }

    @Override
    public int channelAlignment(Layer layer) {
        return model.channelAlignment(layer);
    }

    @Override
    public OptionalLong parameters() {
        return model.parameters();
    }

    @Override
    public boolean runsWhole() {
        return model.runsWhole();
    }

    @Override
    public int workers() {
        return model.workers();
    }

    /** What {@link #with} refuses no plan for this model has. */
    @Override
    public CompressibleModel<M> forWorker(int number, int threads) {
        return model.forWorker(number, threads);
    }

    @Override
    public List<OpenDim> openDims() {
        return model.openDims();
    }

    @Override
    public List<String> notices() {
        return model.notices();
    }

    @Override
    public Weights weights(LayerId layer) {
        return model.weights(layer);
    }

    @Override
    public Optional<float[]> bias(LayerId layer) {
        return model.bias(layer);
    }

    @Override
    public Optional<float[]> biasBehind(LayerId layer) {
        return model.biasBehind(layer);
    }

    @Override
    public CompressibleModel<M> with(Collection<Replacement> replacements) {
        for (Replacement replacement : replacements) {
            for (Layer layer : replacement.stages().keySet()) {
                layers.stream()
                        .filter(own -> own.id().equals(layer.id()))
                        .flatMap(own -> own.unsupportedReason().stream())
                        .findFirst()
                        .ifPresent(reason -> {
                            throw new InvalidInputException(
                                    "Layer '" + layer.id() + "' cannot be split: " + Printable.message(reason) + ".");
                        });
            }
        }
        return model.with(replacements);
    }

    @Override
    public List<LayerId> stagesOf(LayerId original) {
        return model.stagesOf(original);
    }

    @Override
    public List<Path> files() {
        Set<Path> files = new LinkedHashSet<>(model.files());
        files.addAll(tensors.files());
        return List.copyOf(files);
    }

    @Override
    public boolean saveTouches(Path path, Path file) {
        return model.saveTouches(path, file);
    }

    @Override
    public void requireSavable(Path path) {
        model.requireSavable(path);
    }

    @Override
    public Optional<Stopwatch> stopwatch(TimingConditions conditions) {
        return model.stopwatch(conditions);
    }

    @Override
    public M model() {
        return model.model();
    }

    @Override
    public CompressibleModel<M> inOneFile() {
        return model.inOneFile();
    }

    @Override
    public void save(Path path) {
        model.save(path);
    }

    @Override
    public void close() {
        model.close();
    }
}
