package dev.wsvd.adapter.onnx.internal.shape;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.file.ModelTensors;
import dev.wsvd.adapter.onnx.internal.graph.Attributes;
import dev.wsvd.adapter.onnx.internal.graph.GraphScan;
import dev.wsvd.adapter.onnx.internal.graph.LayerNode;
import dev.wsvd.adapter.onnx.internal.graph.OperatorSet;
import dev.wsvd.adapter.onnx.internal.graph.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the sizes of what goes into and comes out of layers. First by ONNX Runtime's shape inference, on a copy of the graph
 * without weights; where that leaves a size open, by a run of the model on a dummy input; at last from what the file says. A
 * body is inferred like a model of its own whose inputs are what it sees of the graphs around it; the branch of an {@code If} is
 * run in the place of that node.
 */
final class ShapeOracle {
    /** What asking the engine may take in all: several times what the largest known models need. */
    private static final Duration MOST = Duration.ofSeconds(30);

    private record Key(Scope scope, String name) {}

    private final ModelProto model;
    private final ExternalData external;
    private final InputShapes inputs;
    private final Measuring measuring;
    private final WeightlessGraph weightless;
    private final Map<Scope, List<LayerNode>> layers = new HashMap<>();
    private final Map<Key, TensorShape> known = new HashMap<>();
    private final Map<Scope, String> problems = new HashMap<>();
    private Duration spent = Duration.ZERO;

    ShapeOracle(ModelProto model, ExternalData external, InputShapes inputs, GraphScan scan, Measuring measuring) {
        this.measuring = new Measuring(measuring.engine().within(MOST), measuring.limit(), measuring.weights());
        this.model = model;
        this.external = external;
        this.inputs = inputs;
        this.weightless = new WeightlessGraph(OperatorSet.version(model));
        scan.layers()
                .forEach(l -> layers.computeIfAbsent(l.scope(), s -> new ArrayList<>())
                        .add(l));
        Map<String, ValueInfoProto> formals = new LinkedHashMap<>();
        for (ValueInfoProto input : model.getGraph().getInputList()) {
            String name = input.getName();
            Optional<TensorShape> shape = inputs.shapes().getOrDefault(name, Optional.empty());
            shape.ifPresent(s -> known.put(new Key(scan.root(), name), s));
            if (inputs.shapes().containsKey(name)) {
                formals.put(
                        name, shape.map(s -> WeightlessGraph.valueInfo(name, s)).orElse(input));
            }
        }
        measure(scan.root(), formals, Optional.of(InlinedBranch.none(model.getGraph())));
    }

    /** The size of a tensor a graph sees; empty if it could not be found out. */
    Optional<TensorShape> shape(Scope scope, String name) {
        Scope.Definition definition = scope.find(name).orElse(null);
        if (definition == null) {
            return Optional.empty();
        }
        return stored(definition)
                .map(t -> new TensorShape(t.getDataType(), t.getDimsList()))
                .or(() -> Optional.ofNullable(known.get(new Key(definition.scope(), name))));
    }

    /** Why sizes of a graph are unknown. */
    String problem(Scope scope) {
        for (Scope at = scope; at != null; at = at.parent().orElse(null)) {
            if (problems.containsKey(at)) {
                return problems.get(at);
            }
        }
        return "ONNX Runtime cannot tell. Maybe give the sizes of the model's inputs";
    }

    private static Optional<TensorProto> stored(Scope.Definition definition) {
        if (definition instanceof Scope.Initializer initializer) {
            return Optional.of(initializer.tensor());
        }
        if (definition instanceof Scope.Produced produced
                && produced.node().getOpType().equals("Constant")) {
            return Attributes.find(produced.node(), "value").map(a -> a.getT());
        }
        return Optional.empty();
    }

    /** @param runnable the main graph so that a run makes what the scope defines; empty if there is none such */
    private void measure(Scope scope, Map<String, ValueInfoProto> formals, Optional<InlinedBranch> runnable) {
        Set<String> wanted = wanted(scope);
        if (!wanted.isEmpty()) {
            infer(scope, formals, wanted);
            wanted.removeIf(name -> isKnown(scope, name));
            if (!wanted.isEmpty() && runnable.isPresent()) {
                run(scope, runnable.get(), wanted);
                wanted.removeIf(name -> isKnown(scope, name));
            }
            declaredShapes(scope, wanted).forEach((name, shape) -> known.put(new Key(scope, name), shape));
        }
        for (Scope.Body body : scope.bodies()) {
            if (holdsLayers(body.scope())) {
                measureBody(scope, body, runnable.flatMap(outer -> outer.with(body)));
            }
        }
    }

    private boolean isKnown(Scope scope, String name) {
        TensorShape shape = known.get(new Key(scope, name));
        return shape != null && shape.isKnown() && !shape.dims().isEmpty();
    }

    private boolean holdsLayers(Scope scope) {
        return layers.containsKey(scope) || scope.bodies().stream().anyMatch(b -> holdsLayers(b.scope()));
    }

    /** What nodes of this graph give that is needed: at layers, and by bodies with layers. */
    private Set<String> wanted(Scope scope) {
        Set<String> names = new LinkedHashSet<>();
        for (LayerNode layer : layers.getOrDefault(scope, List.of())) {
            names.addAll(layer.sizedTensors());
        }
        for (Scope.Body body : scope.bodies()) {
            if (holdsLayers(body.scope())) {
                names.addAll(captured(body.scope()));
                names.addAll(scope.graph().getNode(body.node()).getInputList());
            }
        }
        names.removeIf(name -> scope.find(name)
                .filter(d -> d.scope() == scope && d instanceof Scope.Produced)
                .filter(d -> stored(d).isEmpty())
                .isEmpty());
        return names;
    }

    /** The names a graph uses and does not define. */
    private static Set<String> captured(Scope scope) {
        Set<String> names = new LinkedHashSet<>();
        collectCaptured(scope, scope, names);
        return names;
    }

    private static void collectCaptured(Scope outermost, Scope scope, Set<String> names) {
        for (NodeProto node : scope.graph().getNodeList()) {
            for (String name : node.getInputList()) {
                if (!name.isEmpty() && isOutside(outermost, scope, name)) {
                    names.add(name);
                }
            }
        }
        scope.bodies().forEach(b -> collectCaptured(outermost, b.scope(), names));
    }

    private static boolean isOutside(Scope outermost, Scope scope, String name) {
        Scope defined = scope.find(name).map(Scope.Definition::scope).orElse(null);
        for (Scope at = defined; at != null; at = at.parent().orElse(null)) {
            if (at == outermost) {
                return false;
            }
        }
        return defined != null;
    }

    private void infer(Scope scope, Map<String, ValueInfoProto> formals, Collection<String> wanted) {
        GraphProto.Builder graph = weightless.strip(scope.graph());
        graph.addAllInput(formals.values());
        wanted.forEach(name -> graph.addOutput(ValueInfoProto.newBuilder().setName(name)));
        ModelProto small = WeightlessGraph.model(model, graph);
        learn(scope, Inference.of(measuring.engine(), ModelTensors.map(small, external::inlined)));
    }

    /** Where a run of the whole fails, by what can be run of it: what comes before a node that does not take the inputs' sizes. */
    private void run(Scope scope, InlinedBranch runnable, Collection<String> wanted) {
        Map<String, String> names = new LinkedHashMap<>();
        wanted.forEach(name -> names.put(runnable.name(name), name));
        ModelProto whole = model.toBuilder().setGraph(runnable.graph()).build();
        List<String> left = List.copyOf(names.keySet());
        int count = left.size();
        while (!left.isEmpty() && count > 0) {
            if (spent.compareTo(measuring.limit()) > 0) {
                problems.put(
                        scope,
                        "runs to measure the layers in branches took longer than "
                                + measuring.limit().toSeconds() + " s");
                return;
            }
            long start = System.nanoTime();
            Inference run = DummyRun.measure(whole, external, inputs, left.subList(0, count), measuring);
            spent = spent.plusNanos(System.nanoTime() - start);
            Map<String, TensorShape> found = new HashMap<>();
            run.shapes().forEach((name, shape) -> found.put(names.get(name), shape));
            learn(scope, new Inference(found, run.problem()));
            if (!run.problem().isEmpty()) {
                return;
            }
            boolean ran = !run.shapes().isEmpty();
            left = ran ? left.subList(count, left.size()) : left;
            count = ran ? (left.size() + 1) / 2 : count / 2;
        }
    }

    private void learn(Scope scope, Inference inference) {
        inference.shapes().forEach((name, shape) -> known.put(new Key(scope, name), shape));
        if (!inference.problem().isEmpty()) {
            problems.put(scope, inference.problem());
        }
    }

    private void measureBody(Scope outer, Scope.Body body, Optional<InlinedBranch> runnable) {
        Scope scope = body.scope();
        NodeProto owner = outer.graph().getNode(body.node());
        Map<String, ValueInfoProto> formals = new LinkedHashMap<>();
        List<ValueInfoProto> declared = scope.graph().getInputList();
        for (int i = 0; i < declared.size(); i++) {
            String name = declared.get(i).getName();
            Optional<TensorShape> shape = BodyInputs.shape(owner, i, n -> shape(outer, n));
            shape.ifPresent(s -> known.put(new Key(scope, name), s));
            ValueInfoProto asDeclared = declared.get(i);
            formals.put(name, shape.map(s -> WeightlessGraph.valueInfo(name, s)).orElse(asDeclared));
        }
        Set<String> open = new HashSet<>();
        for (String name : captured(scope)) {
            Optional<TensorShape> shape = shape(outer, name);
            if (shape.isEmpty()) {
                open.add(name);
            } else {
                formals.put(name, WeightlessGraph.valueInfo(name, shape.get()));
            }
        }
        if (!open.isEmpty()) {
            problems.put(scope, "the body it stands in uses " + open + ", whose size is unknown");
        }
        measure(scope, formals, runnable);
    }

    /** What the file says of tensors: used last, for a file may say anything. A symbolic first dim is the batch. */
    private Map<String, TensorShape> declaredShapes(Scope scope, Set<String> wanted) {
        Map<String, TensorShape> declared = new HashMap<>();
        Stream.concat(scope.graph().getValueInfoList().stream(), scope.graph().getOutputList().stream())
                .filter(v -> wanted.contains(v.getName())
                        && v.getType().getTensorType().hasShape())
                .forEach(v -> declared.putIfAbsent(
                        v.getName(), InputShapes.declared(v.getType().getTensorType(), inputs.batch())));
        declared.values().removeIf(shape -> !shape.isKnown() || shape.dims().isEmpty());
        return declared;
    }
}
