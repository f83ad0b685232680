package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Attribute;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Channels;
import dev.wsvd.adapter.onnx.internal.coupling.Seen.Spot;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import java.util.List;
import java.util.Optional;

/** Layers read the units they take and write new ones; depthwise convolutions pass them on. */
final class LayerRule {
    static final int BIAS = 2;

    private final Step step;
    private final CouplingGraph.Site site;
    private final LayerNode node;
    private final Layer layer;

    private LayerRule(Step step, CouplingGraph.Site site) {
        this.step = step;
        this.site = site;
        this.node = site.node();
        this.layer = site.layer();
    }

    static void follow(Step step, CouplingGraph.Site site) {
        new LayerRule(step, site).follow();
    }

    private void follow() {
        if (node.form() == LayerForm.GATHER) {
            step.keepAll("layer '" + layer.id() + "' takes them for indices");
            return;
        }
        int data = node.form().isWeightFirst() ? 1 : 0;
        step.withUnits().stream()
                .filter(i -> i != data)
                .forEach(i -> step.units()
                        .keep(step.channels(i).orElseThrow().units(), "layer '" + layer.id() + "' adds them"));
        Optional<Channels> input = step.channels(data);
        boolean depthwise = layer.op() instanceof Convolution conv && conv.depthwise();
        if (depthwise && input.isPresent() && canPass(input.get())) {
            pass(input.get());
            return;
        }
        Optional<String> reason = fixed();
        if (reason.isPresent()) {
            step.keepAll(reason.get());
        } else {
            input.ifPresent(this::read);
        }
        if (!depthwise) {
            write(reason);
        }
    }

    /** Why the layer's weight has to stay as it is, if so. */
    private Optional<String> fixed() {
        return fixed(step.flow().graph(), site);
    }

    /** Why a layer's weight has to stay as it is, if so. */
    static Optional<String> fixed(CouplingGraph graph, CouplingGraph.Site site) {
        Layer layer = site.layer();
        return layer.unsupportedReason()
                .map(reason -> "layer '" + layer.id() + "' cannot be changed (" + reason + ")")
                .or(() -> site.node().constant().filter(graph::isShared).isPresent()
                        ? Optional.of("the weight of layer '" + layer.id() + "' is used elsewhere too")
                        : Optional.empty())
                .or(() -> layer.groups() > 1
                        ? Optional.of("layer '" + layer.id() + "' is a grouped convolution")
                        : Optional.empty())
                .or(() -> site.node().form() == LayerForm.MATMUL_LEFT && rank(graph, site) < 2
                        ? Optional.of("layer '" + layer.id() + "' gives a tensor of unknown rank")
                        : Optional.empty());
    }

    private void read(Channels input) {
        if (input.axis() == inputAxis() && input.width() == layer.inChannels()) {
            step.flow().touch(layer, Side.READS, input.units());
        } else {
            step.keepAll("they are not the input channels of layer '" + layer.id() + "'");
        }
    }

    private int inputAxis() {
        return inputAxis(site);
    }

    /** The axis of a layer's input channels, from the end. */
    static int inputAxis(CouplingGraph.Site site) {
        LayerNode node = site.node();
        return switch (node.form()) {
            case GEMM_RIGHT -> Attributes.integer(node.node(), "transA", 0) == 0 ? -1 : -2;
            case GEMM_LEFT -> Attributes.integer(node.node(), "transB", 0) == 0 ? -2 : -1;
            case MATMUL_LEFT -> -2;
            case MATMUL_RIGHT, GATHER, RECURRENT_INPUT, RECURRENT_STATE -> -1;
            case CONV, CONV_TRANSPOSE -> -1 - site.layer().weight().kernel().size();
        };
    }

    private int outputAxis() {
        return outputAxis(site);
    }

    /** The axis of a layer's output channels, from the end. */
    static int outputAxis(CouplingGraph.Site site) {
        return site.node().form().isConv()
                ? -1 - site.layer().weight().kernel().size()
                : site.node().form().hasFeaturesLast() ? -1 : -2;
    }

    private static int rank(CouplingGraph graph, CouplingGraph.Site site) {
        if (site.node().form().isConv()) {
            return site.layer().weight().kernel().size() + 2;
        }
        return site.node().form().isGemm()
                ? 2
                : graph.dims(site.node().output()).map(List::size).orElse(0);
    }

    private void write(Optional<String> fixed) {
        int[] units = step.units().open(layer.outChannels());
        step.flow().touch(layer, Side.WRITES, units);
        fixed.or(() -> units.length < 2 ? Optional.of("there is one only") : Optional.empty())
                .or(() -> addBias(units))
                .ifPresent(reason -> step.units().keep(units, reason));
        step.give(new Channels(outputAxis(), rank(step.flow().graph(), site), units));
    }

    /** What a layer adds has a value per channel, or one for all. */
    private Optional<String> addBias(int[] units) {
        String bias = step.input(BIAS);
        if (bias.isEmpty() || !node.form().isConv() && !node.form().isGemm()) {
            return Optional.empty();
        }
        Optional<List<Long>> dims = step.dims(BIAS);
        int axis = node.form().isConv() ? 0 : dims.map(List::size).orElse(0) + outputAxis();
        boolean perChannel = dims.isPresent() && axis >= 0 && dims.get().get(axis) == units.length;
        if (perChannel && step.stored(BIAS).isPresent()) {
            step.flow().narrow(new Operand(step.index(), BIAS), axis, units);
            return Optional.empty();
        }
        boolean same = dims.isPresent() && (axis < 0 || dims.get().get(axis) == 1);
        return same
                ? Optional.empty()
                : Optional.of("layer '" + layer.id() + "' adds '" + bias + "' to them, which is not stored");
    }

    private boolean canPass(Channels input) {
        boolean stored = step.stored(1).isPresent() && node.node().getOpType().equals("Conv");
        boolean biased = step.input(BIAS).isEmpty()
                || step.stored(BIAS)
                        .filter(bias -> bias.dims().equals(List.of((long) input.width())))
                        .isPresent();
        return stored && biased && input.axis() == inputAxis() && input.width() == layer.outChannels();
    }

    private void pass(Channels input) {
        step.flow().touch(layer, Side.PASSES, input.units());
        step.flow().narrow(new Operand(step.index(), 1), 0, input.units());
        if (!step.input(BIAS).isEmpty()) {
            step.flow().narrow(new Operand(step.index(), BIAS), 0, input.units());
        }
        step.flow().count(new Spot(new Attribute(step.index(), "group"), 0), input.units());
        step.pass(input);
    }
}
