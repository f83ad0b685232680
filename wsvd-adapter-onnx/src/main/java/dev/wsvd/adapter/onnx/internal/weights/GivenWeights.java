package dev.wsvd.adapter.onnx.internal.weights;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.UnsafeByteOperations;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.Printable;
import dev.wsvd.domain.tensor.Float16;
import dev.wsvd.safetensors.Dtype;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.safetensors.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model whose parameters have the values of a safetensors file. A parameter takes those of the tensor that has its name; one that an
 * exporter renamed, such as the transposed weight of a {@code MatMul}, those of the weight of the module that it was exported from.
 * Parameters that are inputs, as in files exported without weights, are none any more.
 */
public final class GivenWeights {
    static final String WEIGHT = ".weight";
    private static final int SHOWN = 3;

    record Given(StoredTensor tensor, boolean transposed) {}

    private final ModelProto model;
    private final Safetensors file;
    private final TensorNames names;
    private final GraphScan scan;
    private final Map<TensorProto, Given> given = new IdentityHashMap<>();
    private final Set<String> used = new HashSet<>();
    private int byModule;

    private GivenWeights(ModelProto model, Safetensors file) {
        this.model = model;
        this.file = file;
        this.names = new TensorNames(file);
        this.scan = GraphScan.of(model);
        ModelTensors.forEach(model, this::findByName);
        scan.layers().forEach(this::findByModule);
    }

    /**
     * Gives a model the values of a file.
     *
     * @throws InvalidInputException if a tensor has not the shape of its parameter, a layer is left without a weight, or normalisations that the
     *     file has were folded into the model's layers
     */
    public static GivenWeights of(ModelProto model, Safetensors file) {
        return new GivenWeights(model, file);
    }

    private void findByName(TensorProto stored) {
        if (!takes(stored) || stored.getName().isEmpty()) {
            return;
        }
        names.find(stored.getName()).ifPresent(tensor -> {
            if (tensor.shape().equals(stored.getDimsList())) {
                give(stored, tensor, false);
            } else if (isTransposed(tensor, stored)) {
                give(stored, tensor, true);
            } else {
                throw new InvalidInputException("The parameter '" + Printable.name(stored.getName()) + "' is "
                        + stored.getDimsList() + " in the model and " + tensor.shape() + " in '" + path()
                        + "'. Maybe the file is of another model.");
            }
        });
    }

    private void findByModule(LayerNode layer) {
        ConstantTensor constant = layer.constant().orElse(null);
        if (constant == null || layer.form().isRecurrent() || given.containsKey(constant.tensor())) {
            return;
        }
        TensorProto stored = constant.tensor();
        Optional<StoredTensor> found =
                takes(stored) ? ModulePath.of(layer).flatMap(module -> names.find(module + WEIGHT)) : Optional.empty();
        found.ifPresent(tensor -> {
            boolean turned = isTurned(layer, constant);
            boolean square = stored.getDimsCount() == 2 && stored.getDims(0) == stored.getDims(1);
            if (tensor.shape().equals(stored.getDimsList()) && !(square && turned)) {
                give(stored, tensor, false);
                byModule++;
            } else if (isTransposed(tensor, stored)) {
                give(stored, tensor, true);
                byModule++;
            }
        });
    }

    /** Whether a product's matrix is stored as [m][n], where PyTorch's {@code Linear} has [n][m]. */
    private static boolean isTurned(LayerNode layer, ConstantTensor constant) {
        boolean permuted = constant.permutation().equals(List.of(1, 0));
        return layer.form() != LayerForm.GATHER && !layer.form().isConv() && permuted != layer.weightTransposed();
    }

    static boolean isTransposed(StoredTensor tensor, TensorProto stored) {
        return tensor.shape().size() == 2
                && stored.getDimsCount() == 2
                && tensor.shape().get(0) == stored.getDims(1)
                && tensor.shape().get(1) == stored.getDims(0);
    }

    static boolean takes(TensorProto stored) {
        return stored.getDataType() == ElementTypes.FLOAT || stored.getDataType() == ElementTypes.FLOAT16;
    }

    private void give(TensorProto stored, StoredTensor tensor, boolean transposed) {
        if (tensor.type().isReal()) {
            given.put(stored, new Given(tensor, transposed));
            used.add(tensor.name());
        }
    }

    /** The model with these values. */
    public ModelProto model() {
        ModelProto inside = ModelTensors.map(
                model,
                stored -> given.containsKey(stored)
                        ? filled(stored.toBuilder().clearExternalData().clearDataLocation(), given.get(stored))
                        : stored);
        OpenParameters open = OpenParameters.of(inside.getGraph(), names);
        GraphProto.Builder graph = inside.getGraph().toBuilder().clearInput().addAllInput(open.inputs());
        open.parameters().forEach((stored, value) -> {
            used.add(value.tensor().name());
            byModule += value.transposed() ? 1 : 0;
            graph.addInitializer(filled(stored.toBuilder(), value));
        });
        requireComplete(open);
        return inside.toBuilder().setGraph(graph).build();
    }

    private static TensorProto filled(TensorProto.Builder stored, Given given) {
        boolean half = stored.getDataType() == ElementTypes.FLOAT16;
        stored.clearFloatData().clearInt32Data();
        ByteBuffer bytes = given.tensor().type() == (half ? Dtype.F16 : Dtype.F32) && !given.transposed()
                ? given.tensor().bytes()
                : bytes(given, half);
        return stored.setRawData(UnsafeByteOperations.unsafeWrap(bytes)).build();
    }

    private static ByteBuffer bytes(Given given, boolean half) {
        float[] values = given.tensor().floats();
        int rows = given.transposed() ? given.tensor().shape().get(0).intValue() : 1;
        int cols = rows == 0 ? 0 : values.length / rows;
        long size = (long) values.length * (half ? Short.BYTES : Float.BYTES);
        if (size > Integer.MAX_VALUE) {
            throw new InvalidInputException(
                    "The tensor '" + Printable.name(given.tensor().name()) + "' has " + values.length
                            + " elements, too many to be converted at once.");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        for (int col = 0; col < cols; col++) {
            for (int row = 0; row < rows; row++) {
                float value = values[row * cols + col];
                if (half) {
                    bytes.putShort(Float16.fromFloat(value));
                } else {
                    bytes.putFloat(value);
                }
            }
        }
        return bytes.flip();
    }

    private void requireComplete(OpenParameters open) {
        List<String> without = open.without();
        if (!without.isEmpty()) {
            throw new InvalidInputException("The model has no values for " + some(without) + ", and '" + path()
                    + "' has no tensor of such a name and shape.");
        }
        boolean folded = file.names().stream().anyMatch(name -> name.endsWith(".running_var") && !used.contains(name));
        if (folded) {
            throw new InvalidInputException(
                    "'" + path() + "' has batch normalisations that the model has not: they were folded"
                            + " into its convolutions, whose weights are others. Maybe export it with optimize=False.");
        }
        if (given.isEmpty() && used.isEmpty()) {
            throw new InvalidInputException(
                    "No parameter of the model has a tensor in '" + path() + "'. Maybe the file is of another model.");
        }
    }

    /** For people: which parameters were found, and which were not. */
    public List<String> notices() {
        List<String> notices = new ArrayList<>();
        notices.add(used.size() + " of " + file.tensors().size() + " tensors of '" + path()
                + "' are parameters of the model, " + byModule + " of them by the module of their layer.");
        List<String> kept = scan.layers().stream()
                .filter(layer -> layer.constant()
                        .filter(weight -> !given.containsKey(weight.tensor()))
                        .isPresent())
                .map(layer -> layer.id().name())
                .toList();
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
