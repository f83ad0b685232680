package dev.wsvd.adapter.onnx.internal.coupling;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.coupling.CouplingGraph.Site;
import dev.wsvd.adapter.onnx.internal.coupling.GraphEdit.Operand;
import dev.wsvd.adapter.onnx.internal.graph.LayerForm;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where the output channels of layers go as long as nodes only move them, scale them, sum them over positions or multiply them with
 * those of another layer: what attention does with heads.
 */
final class HeadFlow {
    /** What a layer wrote, on its way; {@code mixing} once a product has summed it over positions. */
    record Track(Site writer, ChannelMap map, Optional<Mixing> mixing) {
        Track with(ChannelMap other) {
            return new Track(writer, other, mixing);
        }
    }

    /** A product that sums a tensor over positions, and the axis of the units that it has before. */
    record Mixing(int node, Site writer, ChannelMap map, int unitAxis) {}

    /** A product that sums over units of two writers. */
    record Contraction(int node, Track queries, Track keys) {}

    /** A layer that reads what was summed over positions. */
    record Read(Site reader, int axis, Track track) {}

    /** What is added to a writer's output channels. */
    record Bias(Site writer, Operand operand, int axis) {}

    private final CouplingGraph graph;
    private final HeadRules rules;
    private final FixedNumbers fixed;
    private final Map<String, Track> tracks = new LinkedHashMap<>();
    private final Map<Integer, Map<Integer, String>> blocked = new HashMap<>();
    private final List<Mixing> mixings = new ArrayList<>();
    private final List<Contraction> contractions = new ArrayList<>();
    private final List<Read> reads = new ArrayList<>();
    private final List<Bias> biases = new ArrayList<>();

    private HeadFlow(CouplingGraph graph) {
        this.graph = graph;
        this.rules = new HeadRules(this);
        this.fixed = new FixedNumbers(this);
    }

    static HeadFlow of(CouplingGraph graph) {
        HeadFlow flow = new HeadFlow(graph);
        flow.follow();
        return flow;
    }

    CouplingGraph graph() {
        return graph;
    }

    FixedNumbers fixed() {
        return fixed;
    }

    /** By tensor, in graph order. */
    Map<String, Track> tracks() {
        return tracks;
    }

    Optional<Track> track(String tensor) {
        return Optional.ofNullable(tracks.get(tensor));
    }

    List<Mixing> mixings() {
        return mixings;
    }

    List<Contraction> contractions() {
        return contractions;
    }

    List<Read> reads() {
        return reads;
    }

    List<Bias> biases() {
        return biases;
    }

    /** Why an output channel of a layer has to stay, if it has to. */
    Optional<String> reason(Site writer, int channel) {
        return Optional.ofNullable(
                blocked.getOrDefault(writer.node().index(), Map.of()).get(channel));
    }

    void give(String tensor, Track track) {
        tracks.put(tensor, track);
    }

    void mix(Mixing mixing) {
        mixings.add(mixing);
    }

    void contract(Contraction contraction) {
        contractions.add(contraction);
    }

    void add(Bias bias) {
        biases.add(bias);
    }

    private void follow() {
        Scope root = graph.root();
        for (int index = 0; index < graph.nodes().size(); index++) {
            NodeProto node = graph.nodes().get(index);
            Optional<Site> site = graph.site(index);
            if (site.isPresent()) {
                read(site.get(), node);
                write(site.get());
            } else {
                follow(index, node);
            }
            root.bodies(index).forEach(body -> blockCaptured(body.scope()));
        }
        for (ValueInfoProto output : root.graph().getOutputList()) {
            block(output.getName(), "'" + output.getName() + "' is an output of the model");
        }
    }

    private void follow(int index, NodeProto node) {
        boolean tracked = node.getInputList().stream().anyMatch(tracks::containsKey);
        if (tracked && !node.getOpType().equals("Shape")) {
            rules.follow(index).ifPresent(reason -> node.getInputList().forEach(name -> block(name, reason)));
        }
    }

    private void blockCaptured(Scope body) {
        body.graph().getNodeList().stream()
                .flatMap(node -> node.getInputList().stream())
                .forEach(name -> block(name, "a body uses '" + name + "'"));
        body.graph().getOutputList().forEach(output -> block(output.getName(), "a body gives it"));
        body.bodies().forEach(inner -> blockCaptured(inner.scope()));
    }

    private void block(String tensor, String reason) {
        track(tensor).ifPresent(track -> {
            Map<Integer, String> reasons =
                    blocked.computeIfAbsent(track.writer().node().index(), writer -> new TreeMap<>());
            track.map().channels().forEach(channel -> reasons.merge(channel, reason, HeadFlow::first));
        });
    }

    /** Rotary positions tell more than the nodes of which they are made. */
    private static String first(String reason, String next) {
        return !reason.startsWith(HeadRules.ROTARY) && next.startsWith(HeadRules.ROTARY) ? next : reason;
    }

    private void read(Site site, NodeProto node) {
        for (String name : node.getInputList()) {
            Track track = tracks.get(name);
            if (track == null) {
                continue;
            }
            int axis = track.map().rank() + inputAxis(site);
            Optional<String> reason =
                    !name.equals(site.node().input()) || site.node().form() == LayerForm.GATHER
                            ? Optional.of("layer '" + site.layer().id() + "' does not take them for its input channels")
                            : LayerRule.fixed(graph, site).or(() -> unfit(site, track, axis));
            reason.ifPresentOrElse(text -> block(name, text), () -> reads.add(new Read(site, axis, track)));
        }
    }

    private static Optional<String> unfit(Site site, Track track, int axis) {
        if (track.mixing().isEmpty()) {
            return Optional.of("layer '" + site.layer().id() + "' reads them as they are");
        }
        boolean fits = axis >= 0
                && track.map().size(axis) == site.layer().inChannels()
                && track.map().across(axis).length == 1;
        return fits
                ? Optional.empty()
                : Optional.of("they are not the input channels of layer '"
                        + site.layer().id() + "'");
    }

    private static int inputAxis(Site site) {
        return LayerRule.inputAxis(site);
    }

    private void write(Site site) {
        Optional<List<Long>> dims = graph.example(site.node().output());
        if (site.node().form() == LayerForm.GATHER
                || dims.isEmpty()
                || LayerRule.fixed(graph, site).isPresent()) {
            return;
        }
        int axis = dims.get().size() + LayerRule.outputAxis(site);
        if (axis < 0 || dims.get().get(axis) != site.layer().outChannels()) {
            return;
        }
        Track track = new Track(site, ChannelMap.of(dims.get(), axis), Optional.empty());
        give(site.node().output(), track);
        boolean biased = site.node().form().isConv() || site.node().form().isGemm();
        String bias = biased && site.node().node().getInputCount() > LayerRule.BIAS
                ? site.node().node().getInput(LayerRule.BIAS)
                : "";
        if (!bias.isEmpty()) {
            int ofBias = site.node().form().isConv() ? 0 : axis - dims.get().size();
            if (!rules.addBias(track, new Operand(site.node().index(), LayerRule.BIAS), bias, ofBias)) {
                block(site.node().output(), "layer '" + site.layer().id() + "' adds '" + bias + "' to them");
            }
        }
    }
}
