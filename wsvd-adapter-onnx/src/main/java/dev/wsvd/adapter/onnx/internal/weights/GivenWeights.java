package dev.wsvd.adapter.onnx.internal.weights;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.safetensors.Dtype;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.StoredTensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model whose parameters have the values of a safetensors file. A parameter takes those of the tensor that has its name; one that an
 * exporter renamed, such as the transposed weight of a {@code MatMul}, those of the weight of the module that it was exported from.
 * Parameters that are inputs, as in files exported without weights, are none any more.
 */
public final class GivenWeights {
    static final String WEIGHT = ".weight";
    private static final String VARIANCE = ".running_var";
    private static final int SHOWN = 3;

    private final ModelProto model;
    private final Safetensors file;
    private final List<LayerNode> layers;
    private final TensorNames names;
    private final Map<TensorProto, Given> given = new IdentityHashMap<>();
    private final Map<TensorProto, StoredTensor> unread = new IdentityHashMap<>();
    private final OpenParameters open;
    private final Set<String> used;

    private GivenWeights(ModelProto model, Safetensors file) {
        this.model = model;
        this.file = file;
        this.layers = GraphScan.of(model).layers();
        this.names = new TensorNames(file, wanted());
        findByName();
        layers.forEach(this::findByModule);
        this.open = OpenParameters.of(model.getGraph(), names);
        this.used = all().map(value -> value.tensor().name()).collect(Collectors.toSet());
        requireComplete();
    }

    /**
     * Gives a model the values of a file.
     *
     * @throws InvalidInputException if a tensor has not the shape of its parameter, nothing tells whether a square one is transposed, a layer
     *     is left without a weight, or normalisations that the file has were folded into the model's layers
     */
    public static GivenWeights of(ModelProto model, Safetensors file) {
        return new GivenWeights(model, file);
    }

    static boolean takes(TensorProto stored) {
        return ElementTypes.isWeight(stored.getDataType());
    }

    /** By which names each parameter is looked for, its own first. */
    private List<List<String>> wanted() {
        Map<TensorProto, List<String>> wanted = new IdentityHashMap<>();
        ModelTensors.forEach(model, stored -> {
            if (takes(stored)) {
                wanted.put(stored, new ArrayList<>(List.of(stored.getName())));
            }
        });
        for (LayerNode layer : layers) {
            layer.constant()
                    .map(constant -> wanted.get(constant.tensor()))
                    .ifPresent(parameter -> ofModule(layer).ifPresent(parameter::add));
        }
        List<List<String>> all = new ArrayList<>(wanted.values());
        all.addAll(OpenParameters.names(model.getGraph()));
        return all;
    }

    private static Optional<String> ofModule(LayerNode layer) {
        return layer.form().isRecurrent()
                ? Optional.empty()
                : ModulePath.of(layer).map(module -> module + WEIGHT);
    }

    private void findByName() {
        Map<TensorProto, StoredTensor> named = new IdentityHashMap<>();
        ModelTensors.forEach(model, stored -> {
            if (takes(stored) && !stored.getName().isEmpty()) {
                names.find(stored.getName()).ifPresent(tensor -> named.put(stored, tensor));
            }
        });
        MatrixOrder order = new MatrixOrder(layers, named, path());
        ModelTensors.forEach(model, stored -> {
            if (named.containsKey(stored)) {
                StoredTensor tensor = named.get(stored);
                give(stored, tensor, order.transposes(stored, tensor), false);
            }
        });
    }

    private void findByModule(LayerNode layer) {
        ConstantTensor constant = layer.constant().orElse(null);
        if (constant == null || given.containsKey(constant.tensor()) || !takes(constant.tensor())) {
            return;
        }
        TensorProto stored = constant.tensor();
        ofModule(layer).flatMap(names::find).ifPresent(tensor -> {
            boolean turned = MatrixOrder.isTurned(layer, constant);
            boolean square = stored.getDimsCount() == 2 && stored.getDims(0) == stored.getDims(1);
            if (tensor.shape().equals(stored.getDimsList()) && !(square && turned)) {
                give(stored, tensor, false, true);
            } else if (MatrixOrder.isTranspose(tensor, stored)) {
                give(stored, tensor, true, true);
            }
        });
    }

    private void give(TensorProto stored, StoredTensor tensor, boolean transposed, boolean byModule) {
        if (tensor.type().isReal()) {
            given.put(stored, new Given(tensor, transposed, byModule));
        } else {
            unread.put(stored, tensor);
        }
    }

    /** Of all parameters that take values. */
    private Stream<Given> all() {
        return Stream.concat(given.values().stream(), open.parameters().values().stream());
    }

    /**
     * The model with these values.
     *
     * @throws InvalidInputException if a value is too large for its parameter's type, or a tensor that a parameter needs cannot be read
     */
    public ModelProto model() {
        ModelProto inside = ModelTensors.map(
                model,
                stored -> given.containsKey(stored)
                        ? given.get(stored)
                                .fill(stored.toBuilder().clearExternalData().clearDataLocation())
                        : stored);
        GraphProto.Builder graph = inside.getGraph().toBuilder().clearInput().addAllInput(open.inputs());
        open.parameters().forEach((stored, value) -> graph.addInitializer(value.fill(stored.toBuilder())));
        return inside.toBuilder().setGraph(graph).build();
    }

    private void requireComplete() {
        List<String> without = open.without();
        if (!without.isEmpty()) {
            throw new InvalidInputException("The model has no values for " + some(without) + ", and '" + path()
                    + "' has no tensor of such a name and shape.");
        }
        if (isFolded()) {
            throw new InvalidInputException(
                    "'" + path() + "' has batch normalisations that the model has not: they were folded"
                            + " into its convolutions, whose weights are others. Maybe export it with optimize=False.");
        }
        if (used.isEmpty()) {
            unread.values().forEach(StoredTensor::requireReal);
            throw new InvalidInputException(
                    "No parameter of the model has a tensor in '" + path() + "'. Maybe the file is of another model.");
        }
    }

    /**
     * Whether the model has none of the file's normalisations, or lacks one beside which it has other tensors. Those of a branch that was not
     * exported, such as a head for training only, are lacking with all that is beside them.
     */
    private boolean isFolded() {
        List<String> unused = file.names().stream()
                .filter(name -> name.endsWith(VARIANCE) && !used.contains(name))
                .toList();
        return !unused.isEmpty()
                && (used.stream().noneMatch(name -> name.endsWith(VARIANCE))
                        || unused.stream()
                                .map(GivenWeights::around)
                                .anyMatch(module -> used.stream().anyMatch(name -> name.startsWith(module))));
    }

    /** The module that a normalisation stands in: {@code layer1.0.} of {@code layer1.0.bn1.running_var}; empty for the outermost. */
    private static String around(String variance) {
        return variance.substring(0, variance.lastIndexOf('.', variance.length() - VARIANCE.length() - 1) + 1);
    }

    /** For people: which parameters were found, and which were not. */
    public List<String> notices() {
        List<String> notices = new ArrayList<>();
        long byModule = all().filter(Given::byModule)
                .map(value -> value.tensor().name())
                .distinct()
                .count();
        notices.add(used.size() + " of " + file.tensors().size() + " tensors of '" + path()
                + "' are parameters of the model, " + byModule + " of them by the module of their layer.");
        List<String> kept = layers.stream()
                .filter(layer -> layer.constant()
                        .filter(weight -> !given.containsKey(weight.tensor()) && !unread.containsKey(weight.tensor()))
                        .isPresent())
                .map(layer -> layer.id().name())
                .toList();
        if (!names.unclear().isEmpty()) {
            notices.add("Tensors of that file which fit several parameters by a part of the name are not taken for "
                    + some(names.unclear()) + ".");
        }
        if (!unread.isEmpty()) {
            Set<String> tensors = new TreeSet<>();
            Set<Dtype> types = new TreeSet<>();
            unread.values().forEach(tensor -> {
                tensors.add(tensor.name());
                types.add(tensor.type());
            });
            notices.add(some(tensors) + " of that file cannot be read as weights, with their type "
                    + types.stream().map(Dtype::name).collect(Collectors.joining(" and "))
                    + "; their parameters stay as they are in the model.");
        }
        if (!kept.isEmpty()) {
            notices.add("The weights of " + some(kept) + " are not in that file and stay as they are in the model.");
        }
        List<String> unused = file.tensors().stream()
                .filter(tensor -> tensor.type().isReal() && !used.contains(tensor.name()))
                .filter(tensor -> used.stream().noneMatch(other -> isSame(tensor, file.tensor(other))))
                .map(StoredTensor::name)
                .toList();
        if (!unused.isEmpty()) {
            notices.add("The model has no parameter for " + some(unused) + " of that file.");
        }
        return List.copyOf(notices);
    }

    /** Exporters store parameters of the same values once. */
    private static boolean isSame(StoredTensor tensor, StoredTensor other) {
        return tensor.type() == other.type()
                && tensor.shape().equals(other.shape())
                && tensor.length() <= Integer.MAX_VALUE
                && tensor.bytes().equals(other.bytes());
    }

    private String path() {
        return file.files().get(0).toString();
    }

    private static String some(Collection<String> names) {
        String shown = names.stream()
                .limit(SHOWN)
                .map(name -> "'" + Printable.name(name) + "'")
                .collect(Collectors.joining(", "));
        return names.size() > SHOWN ? shown + " and " + (names.size() - SHOWN) + " more" : shown;
    }
}
