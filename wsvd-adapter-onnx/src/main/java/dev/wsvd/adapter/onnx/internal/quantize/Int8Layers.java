package dev.wsvd.adapter.onnx.internal.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver;
import dev.wsvd.adapter.onnx.internal.graph.ConstantTensor;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.StoredArray;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.quantization.Quantization.Mode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which layers of a graph ONNX Runtime's CPU kernels compute in int8, and why others stay as they are. */
final class Int8Layers {
    private final GraphScan scan;
    private final ExternalData external;
    private final ConstantResolver constants = new ConstantResolver();

    Int8Layers(GraphScan scan, ExternalData external) {
        this.scan = scan;
        this.external = external;
    }

    /** In graph order. */
    List<LayerNode> all(Mode mode) {
        List<LayerNode> all = new ArrayList<>();
        scan.layers().stream().filter(layer -> reason(layer, mode).isEmpty()).forEach(all::add);
        return all;
    }

    /** Why not. */
    Map<LayerId, String> refused(Mode mode) {
        Map<LayerId, String> refused = new LinkedHashMap<>();
        scan.layers().forEach(layer -> reason(layer, mode).ifPresent(why -> refused.put(layer.id(), why)));
        return refused;
    }

    private Optional<String> reason(LayerNode layer, Mode mode) {
        ConstantTensor weight = layer.constant().orElse(null);
        if (weight == null) {
            return Optional.of(layer.unsupportedReason().orElse("its weight is not stored"));
        }
        if (!ConstantResolver.isStandard(layer.node())
                || layer.node().getOpType().equals("Einsum")) {
            return layer.unsupportedReason();
        }
        if (layer.scope().parent().isPresent()) {
            return Optional.of("it is in the body of an If or Loop");
        }
        if (weight.type() != ElementTypes.FLOAT || weight.tensor().getDataType() != ElementTypes.FLOAT) {
            return Optional.of(
                    "its weight is " + ElementTypes.name(weight.tensor().getDataType()));
        }
        return switch (layer.form()) {
            case CONV ->
                mode == Mode.DYNAMIC ? Optional.of("convolutions need ranges that are known before") : biased(layer);
            case GEMM_RIGHT -> isPlain(layer.node()) ? biased(layer) : Optional.of("its Gemm scales or transposes");
            case MATMUL_RIGHT ->
                weight.dims().size() == 2
                        ? Optional.empty()
                        : Optional.of("its weight has " + weight.dims().size() + " dims");
            case CONV_TRANSPOSE -> Optional.of("transposed convolution");
            case GEMM_LEFT, MATMUL_LEFT -> Optional.of("its weight is on the left");
            case GATHER -> layer.unsupportedReason();
            case RECURRENT_INPUT, RECURRENT_STATE -> Optional.of("it is inside a recurrent cell");
        };
    }

    private static boolean isPlain(NodeProto gemm) {
        return Attributes.integer(gemm, "transA", 0) == 0
                && Attributes.real(gemm, "alpha", 1) == 1
                && Attributes.real(gemm, "beta", 1) == 1;
    }

    private Optional<String> biased(LayerNode layer) {
        if (layer.storedShape().isEmpty()) {
            return Optional.of("its weight has dims that cannot be a weight's");
        }
        boolean known = !hasThird(layer) || bias(layer).isPresent();
        return known ? Optional.empty() : Optional.of("its bias is not one stored number per output channel");
    }

    static boolean hasThird(LayerNode layer) {
        return layer.node().getInputCount() > 2 && !layer.node().getInput(2).isEmpty();
    }

    /** The third operand of a {@code Conv} or {@code Gemm}, if it is a stored number per output channel. */
    Optional<float[]> bias(LayerNode layer) {
        int n = layer.storedShape().orElseThrow().out();
        return constants
                .resolve(layer.scope(), layer.node().getInput(2))
                .tensor()
                .filter(of -> of.type() == ElementTypes.FLOAT && of.tensor().getDataType() == ElementTypes.FLOAT)
                .map(of -> StoredArray.of(of, external))
                .filter(of -> of.elements() == n
                        && (of.dims().isEmpty() || of.dims().get(of.dims().size() - 1) == n))
                .map(StoredArray::floats);
    }
}
