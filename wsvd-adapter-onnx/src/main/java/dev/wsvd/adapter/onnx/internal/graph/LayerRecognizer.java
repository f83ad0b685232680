package dev.wsvd.adapter.onnx.internal.graph;

import ai.onnx.proto.OnnxMl.NodeProto;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.graph.ConstantResolver.Operand;
import dev.wsvd.domain.layer.LayerId;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Tells which nodes are layers, and why some of them cannot be replaced. */
final class LayerRecognizer {
    /** What a layer's node is, before it has a name. */
    record Recognized(
            LayerForm form, String input, String weight, Optional<ConstantTensor> constant, String unsupportedReason) {
        LayerNode at(LayerId id, Scope scope, int index, NodeProto node) {
            Optional<String> reason = unsupportedReason.isEmpty() ? Optional.empty() : Optional.of(unsupportedReason);
            return new LayerNode(id, form, scope, index, node, input, weight, constant, reason);
        }

        /** For its own reason if it has one, else for that. */
        Recognized unsupported(String reason) {
            return unsupportedReason.isEmpty() ? new Recognized(form, input, weight, constant, reason) : this;
        }
    }

    /** The first of two dims, as an axis. */
    private static final Set<Long> ALONG_ROWS = Set.of(0L, -2L);

    private final ConstantResolver resolver = new ConstantResolver();
    private final boolean fusedKnown;

    /** @param fusedKnown whether the model's {@link FusedOperators} are known */
    LayerRecognizer(boolean fusedKnown) {
        this.fusedKnown = fusedKnown;
    }

    /** The layers that a node is: none, one, or the two of a recurrent node. */
    List<Recognized> recognize(Scope scope, NodeProto node) {
        boolean named = node.getOutputCount() > 0 && !node.getOutput(0).isEmpty();
        if (named && fusedKnown && FusedOperators.isOne(node)) {
            return fused(scope, node).stream().toList();
        }
        if (named && fusedKnown && FusedOperators.isInBlocks(node)) {
            return inBlocks(scope, node).stream().toList();
        }
        if (!ConstantResolver.isStandard(node)) {
            return List.of();
        }
        return RecurrentNode.of(node)
                .map(recurrent -> recurrent(scope, recurrent))
                .orElseGet(() -> named ? single(scope, node).stream().toList() : List.of());
    }

    private Optional<Recognized> single(Scope scope, NodeProto node) {
        return switch (node.getOpType()) {
            case "Conv" -> conv(scope, node, LayerForm.CONV);
            case "ConvTranspose" -> conv(scope, node, LayerForm.CONV_TRANSPOSE);
            case "QLinearConv" -> fixed(scope, node, LayerForm.CONV, 3, "it is quantised");
            case "ConvInteger" -> fixed(scope, node, LayerForm.CONV, 1, "it is quantised");
            case "Gemm" -> gemm(scope, node);
            case "MatMul" -> matMul(scope, node);
            case "Einsum" -> einsum(scope, node);
            case "Gather" -> gather(scope, node);
            case "QLinearMatMul" -> quantizedMatMul(scope, node, 3);
            case "MatMulInteger" -> quantizedMatMul(scope, node, 1);
            default -> Optional.empty();
        };
    }

    /** Operators of ONNX Runtime that multiply by a weight: what it fused was taken apart before, but for what is not understood. */
    private Optional<Recognized> fused(Scope scope, NodeProto node) {
        return switch (node.getOpType()) {
            case "FusedConv" ->
                conv(scope, node, LayerForm.CONV).map(conv -> conv.unsupported(unknownActivation(node)));
            case "FusedGemm" -> gemm(scope, node).map(gemm -> gemm.unsupported(unknownActivation(node)));
            case "FusedMatMul" ->
                matMul(scope, node)
                        .map(product -> product.unsupported("it transposes a batch, or an input of unknown rank"));
            case "Attention" -> fixed(scope, node, LayerForm.MATMUL_RIGHT, 1, "one operator is the whole attention");
            case "QAttention" -> fixed(scope, node, LayerForm.MATMUL_RIGHT, 1, "it is quantised");
            case "MatMulNBits" -> fixed(scope, node, LayerForm.MATMUL_RIGHT, 1, "it is quantised");
            case "QGemm" -> fixed(scope, node, LayerForm.GEMM_RIGHT, 3, "it is quantised");
            case "DynamicQuantizeMatMul", "MatMulIntegerToFloat" -> quantizedMatMul(scope, node, 1);
            default -> Optional.empty();
        };
    }

    /** What ONNX Runtime lays out for the processor it optimised a model on. */
    private Optional<Recognized> inBlocks(Scope scope, NodeProto node) {
        return node.getOpType().equals("Conv")
                ? fixed(scope, node, LayerForm.CONV, 1, "its weight is stored in blocks of channels for one processor")
                : Optional.empty();
    }

    private static String unknownActivation(NodeProto node) {
        return "its activation is " + Attributes.text(node, "activation", "unknown");
    }

    private Optional<Recognized> fixed(
            Scope scope, NodeProto node, LayerForm form, int weight, String unsupportedReason) {
        if (!has(node, 0) || !has(node, weight)) {
            return Optional.empty();
        }
        Optional<ConstantTensor> constant =
                resolver.resolve(scope, node.getInput(weight)).tensor();
        return Optional.of(new Recognized(form, node.getInput(0), node.getInput(weight), constant, unsupportedReason));
    }

    private Optional<Recognized> conv(Scope scope, NodeProto node, LayerForm form) {
        if (!has(node, 0) || !has(node, 1)) {
            return Optional.empty();
        }
        Operand weight = resolver.resolve(scope, node.getInput(1));
        String unsupportedReason = unsupportedReason(weight);
        if (unsupportedReason.isEmpty()) {
            unsupportedReason =
                    convReason(node, form, weight.tensor().orElseThrow().dims());
        }
        return Optional.of(
                new Recognized(form, node.getInput(0), node.getInput(1), weight.tensor(), unsupportedReason));
    }

    private static String convReason(NodeProto node, LayerForm form, List<Long> dims) {
        if (dims.size() < 3 || dims.size() > 5) {
            return "its weight has " + dims.size() + " dims; a convolution of 1, 2 or 3 spatial dims has 3, 4 or 5";
        }
        boolean transposed = form == LayerForm.CONV_TRANSPOSE;
        long groups = Attributes.integer(node, "group", 1);
        if (groups < 1 || dims.get(0) % groups != 0) {
            return "its " + groups + " groups do not divide its " + dims.get(0)
                    + (transposed ? " input channels" : " output channels");
        }
        List<Long> declared = Attributes.integers(node, "kernel_shape");
        if (!declared.isEmpty() && !declared.equals(dims.subList(2, dims.size()))) {
            return "its kernel_shape " + declared + " is not that of its weight " + dims;
        }
        long inPerGroup = transposed ? dims.get(0) / groups : dims.get(1);
        if (groups > 1 && inPerGroup == 1) {
            return "depthwise";
        }
        return transposed ? sizeReason(node, dims.size() - 2) : "";
    }

    /** Output sizes that ONNX Runtime computes wrongly or in another way than splits do. */
    private static String sizeReason(NodeProto node, int spatial) {
        List<Long> wanted = Attributes.integers(node, "output_shape");
        if (!wanted.isEmpty() && wanted.size() != spatial) {
            return "its output_shape " + wanted + " has not one entry per spatial dim";
        }
        List<Long> behind = Attributes.integers(node, "output_padding");
        List<Long> strides = Attributes.integers(node, "strides");
        for (int d = 0; d < behind.size(); d++) {
            if (behind.get(d) >= (d < strides.size() ? strides.get(d) : 1) && behind.get(d) > 0) {
                return "its output_padding " + behind
                        + " is not below its strides, which ONNX Runtime computes wrongly";
            }
        }
        return "";
    }

    private Optional<Recognized> gemm(Scope scope, NodeProto node) {
        if (!has(node, 0) || !has(node, 1)) {
            return Optional.empty();
        }
        Operand a = resolver.resolve(scope, node.getInput(0));
        Operand b = resolver.resolve(scope, node.getInput(1));
        if (a.constant() && b.constant()) {
            return Optional.empty();
        }
        return Optional.of(
                a.constant()
                        ? product(LayerForm.GEMM_LEFT, node.getInput(1), node.getInput(0), a)
                        : product(LayerForm.GEMM_RIGHT, node.getInput(0), node.getInput(1), b));
    }

    private Optional<Recognized> matMul(Scope scope, NodeProto node) {
        if (!has(node, 0) || !has(node, 1)) {
            return Optional.empty();
        }
        Operand a = resolver.resolve(scope, node.getInput(0));
        Operand b = resolver.resolve(scope, node.getInput(1));
        if (a.constant() == b.constant()) {
            return Optional.empty();
        }
        return Optional.of(
                a.constant()
                        ? product(LayerForm.MATMUL_LEFT, node.getInput(1), node.getInput(0), a)
                        : product(LayerForm.MATMUL_RIGHT, node.getInput(0), node.getInput(1), b));
    }

    /** Of a stored operand: an equation that is a product as MatMul computes it was made a MatMul before. */
    private Optional<Recognized> einsum(Scope scope, NodeProto node) {
        if (node.getInputCount() != 2 || !has(node, 0) || !has(node, 1)) {
            return Optional.empty();
        }
        Operand a = resolver.resolve(scope, node.getInput(0));
        Operand b = resolver.resolve(scope, node.getInput(1));
        if (a.constant() == b.constant()) {
            return Optional.empty();
        }
        Operand stored = a.constant() ? a : b;
        String input = node.getInput(a.constant() ? 1 : 0);
        String weight = node.getInput(a.constant() ? 0 : 1);
        LayerForm form = a.constant() ? LayerForm.MATMUL_LEFT : LayerForm.MATMUL_RIGHT;
        return EinsumEquation.of(node, a.constant() ? 0 : 1)
                .filter(EinsumEquation::isSum)
                .map(equation -> new Recognized(form, input, weight, stored.tensor(), unsupportedReason(stored))
                        .unsupported(einsumReason(node, equation)));
    }

    private static String einsumReason(NodeProto node, EinsumEquation equation) {
        String text = "its equation " + EinsumEquation.text(node);
        return equation.isProduct()
                ? text
                        + " is a product of MatMul only where the rank of its input is known and a weight of more than two"
                        + " dims is stored in this order"
                : text + " is no product of MatMul";
    }

    private Optional<Recognized> quantizedMatMul(Scope scope, NodeProto node, int second) {
        if (!has(node, 0) || !has(node, second)) {
            return Optional.empty();
        }
        boolean left = resolver.resolve(scope, node.getInput(0)).constant();
        boolean right = resolver.resolve(scope, node.getInput(second)).constant();
        if (left == right) {
            return Optional.empty();
        }
        String weight = node.getInput(left ? 0 : second);
        String input = node.getInput(left ? second : 0);
        Optional<ConstantTensor> constant = resolver.resolve(scope, weight).tensor();
        LayerForm form = left ? LayerForm.MATMUL_LEFT : LayerForm.MATMUL_RIGHT;
        return Optional.of(new Recognized(form, input, weight, constant, "it is quantised"));
    }

    /** Of an embedding's table only: most other Gather nodes pick sizes, or numbers by fixed places. */
    private Optional<Recognized> gather(Scope scope, NodeProto node) {
        if (!has(node, 0) || !has(node, 1) || !ALONG_ROWS.contains(Attributes.integer(node, "axis", 0))) {
            return Optional.empty();
        }
        Operand table = resolver.resolve(scope, node.getInput(0));
        boolean isTable = table.quantized()
                || table.tensor()
                        .filter(t -> t.dims().size() == 2 && ElementTypes.isNumeric(t.tensor()))
                        .isPresent();
        if (!isTable || resolver.resolve(scope, node.getInput(1)).constant()) {
            return Optional.empty();
        }
        return Optional.of(new Recognized(
                LayerForm.GATHER, node.getInput(1), node.getInput(0), table.tensor(), unsupportedReason(table)));
    }

    private List<Recognized> recurrent(Scope scope, RecurrentNode of) {
        NodeProto node = of.node();
        Operand weight = resolver.resolve(scope, node.getInput(RecurrentNode.W));
        String reason = unsupportedReason(weight);
        if (reason.isEmpty()) {
            reason = of.problem(weight.tensor().orElseThrow().dims()).orElse("");
        }
        String sequence = node.getInput(RecurrentNode.X);
        String state = node.getInput(RecurrentNode.R);
        return List.of(
                new Recognized(
                        LayerForm.RECURRENT_INPUT, sequence, node.getInput(RecurrentNode.W), weight.tensor(), reason),
                new Recognized(
                        LayerForm.RECURRENT_STATE,
                        sequence,
                        state,
                        resolver.resolve(scope, state).tensor(),
                        "it is a recurrent weight; only input weights are split"));
    }

    private static Recognized product(LayerForm form, String input, String weight, Operand operand) {
        String unsupportedReason = unsupportedReason(operand);
        int rank = operand.tensor().map(t -> t.dims().size()).orElse(2);
        if (unsupportedReason.isEmpty() && rank != 2) {
            unsupportedReason = "its weight has " + rank + " dims; only matrices are split";
        }
        return new Recognized(form, input, weight, operand.tensor(), unsupportedReason);
    }

    private static String unsupportedReason(Operand weight) {
        if (weight.tensor().isEmpty()) {
            return weight.quantized() ? weight.reason() : "its weight is not a stored tensor: " + weight.reason();
        }
        ConstantTensor tensor = weight.tensor().get();
        int stored = tensor.tensor().getDataType();
        if (!ElementTypes.isWeight(stored) || !ElementTypes.isWeight(tensor.type())) {
            int odd = ElementTypes.isWeight(stored) ? tensor.type() : stored;
            return "its weight is " + ElementTypes.name(odd) + "; only float32, float16 and bfloat16 are split";
        }
        return "";
    }

    private static boolean has(NodeProto node, int input) {
        return node.getInputCount() > input && !node.getInput(input).isEmpty();
    }
}
