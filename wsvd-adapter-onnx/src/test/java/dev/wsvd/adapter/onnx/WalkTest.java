package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wsvd.backend.ejml.EjmlProvider;
import dev.wsvd.calibration.Divergence;
import dev.wsvd.calibration.LearntMoments;
import dev.wsvd.calibration.Moments;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.Activations.Walk;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.factorization.WeightSvd;
import dev.wsvd.testkit.PredictedErrors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Runs that begin inside the model give what runs from its inputs give. */
class WalkTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();
    private static final LinearAlgebra EJML = new EjmlProvider().create();
    private static final int SAMPLES = 5;
    private static final int BATCH = 2;

    /** Two residual blocks, one with a projection, then a Reshape by sizes that are computed long before. */
    private static CompressibleModel<OnnxModel> model() {
        Net net = new Net(17, false);
        String x = net.input("N", 3, 6, 6);
        String batch = net.node("Slice", List.of(net.node("Shape", List.of(x)), net.longs(0), net.longs(1)));
        String sizes = net.node("Concat", List.of(batch, net.longs(8 * 36)), attribute("axis", 0));
        String stem = net.node("Relu", List.of(net.conv("stem", x, 3, 8, 3, true)));
        String first = net.node("Relu", List.of(net.node("Add", List.of(block(net, "a", stem), stem))));
        String side = net.conv("side", first, 8, 8, 1, true);
        String second = net.node("Relu", List.of(net.node("Add", List.of(block(net, "b", first), side))));
        String flat = net.node("Reshape", List.of(second, sizes));
        return FORMAT.of(net.build(net.gemm("fc", flat, 8 * 36, 5, true)), "walk", OpenOptions.DEFAULT);
    }

    private static String block(Net net, String name, String from) {
        String inner = net.node("Relu", List.of(net.conv(name + "1", from, 8, 8, 3, true)));
        return net.conv(name + "2", inner, 8, 8, 3, false);
    }

    private static ArrayActivations<OnnxModel> inputs() {
        return ArrayActivations.of(FORMAT, ArrayDataset.of(Map.of("x", PredictedErrors.inputs(SAMPLES, 7, 3, 6, 6))));
    }

    private static List<Map<String, Tensor>> run(Watch watch) {
        List<Map<String, Tensor>> batches = new ArrayList<>();
        for (int from = 0; from < SAMPLES; from += BATCH) {
            Map<String, Tensor> copies = new HashMap<>();
            watch.run(from, Math.min(SAMPLES, from + BATCH)).forEach((name, tensor) -> copies.put(name, tensor.copy()));
            batches.add(copies);
        }
        return batches;
    }

    private static void assertSame(
            List<Map<String, Tensor>> found, List<Map<String, Tensor>> expected, Set<String> names) {
        for (int i = 0; i < expected.size(); i++) {
            for (String name : names) {
                Tensor a = found.get(i).get(name);
                Tensor b = expected.get(i).get(name);
                assertThat(a.shape()).isEqualTo(b.shape());
                for (int j = 0; j < b.elements(); j++) {
                    assertThat(a.getDouble(j)).as("%s %d", name, j).isCloseTo(b.getDouble(j), within(1e-4));
                }
            }
        }
    }

    private static Replacement split(CompressibleModel<OnnxModel> model, Layer layer) {
        Choice choice = Choice.of("output-channel", 2);
        return new WeightSvd()
                .factor(layer, model.weights(layer.id()), Optional.empty(), choice, EJML)
                .at(choice);
    }

    /** The original with ever more layers split: what correction walks along. */
    @Test
    void layerByLayerIsAsFromTheInputs() {
        try (CompressibleModel<OnnxModel> model = model();
                Walk<OnnxModel> walk = inputs().walk(BATCH)) {
            List<Replacement> before = new ArrayList<>();
            List<LayerId> resumed = new ArrayList<>();
            for (Layer layer : model.layers()) {
                try (CompressibleModel<OnnxModel> soFar = model.with(before);
                        Watch whole = inputs().watch(soFar.model(), List.of(layer.id()), BATCH);
                        Watch watch = walk.before(soFar.model(), layer.id())) {
                    assertThat(watch.input(layer.id())).isPresent().isEqualTo(whole.input(layer.id()));
                    assertThat(watch.addend(layer.id())).isEqualTo(whole.addend(layer.id()));
                    assertThat(watch.output(layer.id())).isEmpty();
                    assertSame(run(watch), run(whole), watched(watch, layer.id()));
                    if (walk.resumes()) {
                        resumed.add(layer.id());
                    }
                    walk.arrived();
                }
                before.add(split(model, layer));
            }
            assertThat(resumed).extracting(LayerId::name).containsExactly("stem", "a1", "a2", "side", "b1", "b2", "fc");
            assertThat(before).hasSize(7);
        }
    }

    @Test
    void behindEveryLayerIsAsFromTheInputs() {
        try (CompressibleModel<OnnxModel> model = model();
                Walk<OnnxModel> walk = inputs().walk(BATCH)) {
            int resumed = 0;
            for (Layer layer : model.layers()) {
                try (Watch whole = inputs().watch(model.model(), List.of(layer.id()), BATCH);
                        Watch watch = walk.behind(model.model(), List.of(layer.id()))) {
                    assertThat(watch.input(layer.id())).isPresent().isEqualTo(whole.input(layer.id()));
                    assertThat(watch.output(layer.id())).isPresent().isEqualTo(whole.output(layer.id()));
                    assertThat(watch.addend(layer.id())).isEqualTo(whole.addend(layer.id()));
                    assertSame(run(watch), run(whole), watched(watch, layer.id()));
                    resumed += walk.resumes() ? 1 : 0;
                    walk.arrived();
                }
            }
            assertThat(resumed).isEqualTo(7);
        }
    }

    @Test
    void severalLayersAtATimeAreAsFromTheInputs() {
        try (CompressibleModel<OnnxModel> model = model();
                Walk<OnnxModel> walk = inputs().walk(BATCH)) {
            List<LayerId> all = model.layers().stream().map(Layer::id).toList();
            for (List<LayerId> some : List.of(all.subList(0, 2), all.subList(2, 5), all.subList(5, 7))) {
                try (Watch whole = inputs().watch(model.model(), some, BATCH);
                        Watch watch = walk.behind(model.model(), some)) {
                    Set<String> names = new HashSet<>();
                    some.forEach(layer -> names.addAll(watched(watch, layer)));
                    assertThat(names).hasSizeGreaterThanOrEqualTo(2 * some.size());
                    assertSame(run(watch), run(whole), names);
                    assertThat(walk.resumes()).isTrue();
                    walk.arrived();
                }
            }
        }
    }

    /** As for layers so large that each is watched by itself. */
    @Test
    void momentsAlongTheWayAreThoseOfTheWhole() {
        try (CompressibleModel<OnnxModel> model = model();
                LearntMoments whole = Moments.of(inputs(), model.model(), model.layers(), EJML);
                LearntMoments parts = Moments.of(inputs(), model.model(), large(model.layers()), EJML)) {
            assertThat(parts.keySet()).hasSize(7).isEqualTo(whole.keySet());
            parts.forEach((layer, found) -> {
                LayerMoments expected = whole.get(layer);
                assertThat(found.patches()).isEqualTo(expected.patches());
                assertThat(found.groups().get(0).mean())
                        .containsExactly(expected.groups().get(0).mean(), within(1e-6));
                assertThat(found.groups().get(0).covariance().data())
                        .containsExactly(expected.groups().get(0).covariance().data(), within(1e-6));
            });
        }
    }

    private static List<Layer> large(List<Layer> layers) {
        return layers.stream()
                .map(layer -> Layer.of(layer.id(), layer.op(), List.of(1L << 25), layer.outputShape()))
                .toList();
    }

    private static Set<String> watched(Watch watch, LayerId layer) {
        Set<String> names = new HashSet<>();
        List.of(watch.input(layer), watch.output(layer), watch.addend(layer))
                .forEach(name -> name.ifPresent(names::add));
        return names;
    }

    @Test
    void theRestIsAsTheWhole() {
        try (CompressibleModel<OnnxModel> model = model();
                Walk<OnnxModel> walk = inputs().walk(BATCH)) {
            for (Layer layer : model.layers()) {
                try (Watch watch = walk.before(model.model(), layer.id())) {
                    run(watch);
                    walk.arrived();
                }
                try (CompressibleModel<OnnxModel> one = model.with(List.of(split(model, layer)));
                        Watch rest = walk.rest(one.model());
                        Watch whole = inputs().watch(one.model(), List.of(), BATCH)) {
                    List<Map<String, Tensor>> expected = run(whole);
                    assertSame(run(rest), expected, expected.get(0).keySet());
                }
            }
        }
    }

    @Test
    void divergenceFromALayerOnIsTheWholeOne() {
        try (CompressibleModel<OnnxModel> model = model();
                Divergence<OnnxModel> divergence = new Divergence<>(inputs(), model.model())) {
            for (Layer layer : model.layers()) {
                try (CompressibleModel<OnnxModel> one = model.with(List.of(split(model, layer)))) {
                    double whole = divergence.of(one.model());
                    assertThat(whole).isPositive();
                    assertThat(divergence.of(one.model(), layer.id())).isCloseTo(whole, within(1e-3 * whole));
                }
            }
        }
    }

    /** A graph from the middle on has nothing of what comes before. */
    @Test
    void whatIsKnownIsNotComputed() {
        try (CompressibleModel<OnnxModel> model = model()) {
            LayerId b2 = new LayerId("b2");
            Map<String, TensorInfo> known = new HashMap<>();
            try (Probe probe = FORMAT.probeBefore(model.model(), new LayerId("b1"), Map.of())) {
                probe.predictor().outputs().stream()
                        .filter(output -> probe.alive().contains(output.name()))
                        .forEach(output -> known.put(output.name(), output));
                assertThat(probe.alive()).hasSize(3);
            }
            try (Probe probe = FORMAT.probeBefore(model.model(), b2, known)) {
                assertThat(probe.predictor().inputs())
                        .extracting(TensorInfo::name)
                        .contains("x")
                        .hasSize(2);
                assertThat(probe.predictor().outputs())
                        .extracting(TensorInfo::name)
                        .contains(probe.inputs().get(b2));
            }
        }
    }
}
