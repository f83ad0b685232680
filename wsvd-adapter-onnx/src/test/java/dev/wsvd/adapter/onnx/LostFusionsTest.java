package dev.wsvd.adapter.onnx;

import static dev.wsvd.adapter.onnx.ModelBuilder.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.adapter.onnx.internal.isolate.IsolatedEngine;
import dev.wsvd.adapter.onnx.internal.run.PairedTimes;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Isolation;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.Cuts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What ONNX Runtime fuses, before and after cuts. */
class LostFusionsTest {
    private static final Map<String, Tensor> INPUT = Map.of(
            "ids",
            Tensor.ofLongs(List.of(1L, 3L), new long[] {1, 2, 3}),
            "mask",
            Tensor.ofLongs(List.of(1L, 3L), new long[] {1, 1, 0}));

    private static Map<String, Integer> fused(OnnxModel model, Optional<Isolation> isolation) throws EngineException {
        EngineModel given =
                EngineModel.of(model.proto(), new ExternalData(model.folder().orElse(null)));
        return IsolatedEngine.of(isolation).fusedOperators(given);
    }

    private static BiFunction<Runnable, Runnable, Optional<PairedTimes>> timed(PairedTimes... times) {
        List<PairedTimes> left = new ArrayList<>(List.of(times));
        return (first, second) -> {
            first.run();
            second.run();
            return Optional.of(left.remove(0));
        };
    }

    @Test
    void attentionIsLostByCutsOfItsHeads() {
        try (CompressibleModel<OnnxModel> model = ExportedAttentionTest.open("opset12")) {
            List<LostFusion> lost = LostFusions.of(
                    model,
                    () -> Optional.of(INPUT),
                    timed(new PairedTimes(3, 2.5, true), new PairedTimes(3.5, 4, false)));

            List<Coupling> couplings = model.couplings();
            assertThat(couplings).extracting(Coupling::kind).containsExactly(Kind.CHANNELS, Kind.VALUES, Kind.SCORES);
            assertThat(lost)
                    .containsExactly(
                            new LostFusion(List.of(couplings.get(1)), List.of("Attention"), 2, 3, 2.5, true),
                            new LostFusion(List.of(couplings.get(2)), List.of("Attention"), 2, 3.5, 4, false));
        }
    }

    @Test
    void timesAreThoseOfRuns() {
        try (CompressibleModel<OnnxModel> model = ExportedAttentionTest.open("opset12")) {
            assertThat(Stream.of(Kind.values()).flatMap(kind -> model.lostFusions(kind).stream()))
                    .hasSize(2)
                    .allSatisfy(lost -> {
                        assertThat(lost.beforeMs()).isPositive();
                        assertThat(lost.afterMs()).isPositive();
                    });
            assertThat(model.lostFusions(Kind.CHANNELS)).isEmpty();
            assertThat(model.lostFusions(Kind.VALUES)).isEqualTo(model.lostFusions(Kind.VALUES));
        }
    }

    @Test
    void withoutInputsNothingIsTimed() {
        try (CompressibleModel<OnnxModel> model = ExportedAttentionTest.open("opset12")) {
            assertThat(LostFusions.of(model, Optional::empty, timed())).isEmpty();
        }
    }

    @Test
    void anIsolatedEngineTellsTheSame() throws EngineException {
        try (CompressibleModel<OnnxModel> model = ExportedAttentionTest.open("opset12")) {
            assertThat(fused(model.model(), Optional.of(Isolation.DEFAULT)))
                    .isEqualTo(fused(model.model(), Optional.empty()))
                    .isEqualTo(Map.of("Attention", 1, "BiasGelu", 1, "SkipLayerNormalization", 2));
        }
    }

    /** Whatever a form fuses, no cut of it loses that, so that nothing is timed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "bert-script",
                "bert-sdpa-script",
                "bert-dynamo",
                "gpt2-script",
                "gpt2-dynamo",
                "t5-script",
                "vit-script",
                "multihead-dynamo",
                "fused-script",
                "fused-dynamo",
                "llama-dynamo"
            })
    void formsOfNewerExportersLoseNothing(String name) throws EngineException {
        try (CompressibleModel<OnnxModel> model = ExportedAttentionTest.open(name)) {
            assertThat(model.couplings()).isNotEmpty();
            assertKept(model, units -> Math.max(1, units / 2));
            assertThat(LostFusions.of(model, () -> Optional.of(FullRank.inputs(model.model())), timed()))
                    .isEmpty();
        }
    }

    /** With every activation that a convolution takes in; and the layout of blocks, for channels in fours. */
    @Test
    void convolutionsKeepTheirActivations() throws EngineException {
        Net net = new Net(17, false);
        String x = net.conv("stem", net.input("N", 3, 8, 8), 3, 64, 3, true);
        List<BiFunction<Net, String, String>> activations = List.of(
                (n, from) -> n.node("Relu", List.of(from)),
                (n, from) -> n.node("Clip", List.of(from, n.number(0), n.number(6))),
                (n, from) -> n.node("HardSigmoid", List.of(from)),
                (n, from) -> n.node("HardSwish", List.of(from)),
                (n, from) -> n.node("LeakyRelu", List.of(from), attribute("alpha", 0.1f)),
                (n, from) -> n.node("Tanh", List.of(from)),
                (n, from) -> n.node("Sigmoid", List.of(from)),
                (n, from) -> n.node("Mul", List.of(from, n.node("Sigmoid", List.of(from)))));
        for (int i = 0; i < activations.size(); i++) {
            x = activations.get(i).apply(net, net.conv("conv" + i, x, 64, 64, i % 2 == 0 ? 1 : 3, true));
        }
        ModelProto proto =
                net.build(net.node("Relu", List.of(net.node("Add", List.of(x, net.conv("last", x, 64, 64, 1, true))))));
        try (CompressibleModel<OnnxModel> model = FullRank.FORMAT.of(proto, "test.onnx", OpenOptions.DEFAULT)) {
            assertThat(model.couplings()).hasSizeGreaterThanOrEqualTo(activations.size() - 1);
            Map<String, Integer> before = fused(model.model(), Optional.empty());
            assertThat(before).isNotEmpty();
            assertKept(model, units -> units / 2);
            assertKept(
                    model,
                    units -> units - model.channelAlignment(model.layers().get(0)));
            assertThat(LostFusions.of(
                            model,
                            () -> {
                                throw new AssertionError("there is no attention to look at");
                            },
                            timed()))
                    .isEmpty();
            String layout = "nchwc.Conv";
            assumeThat(before).as("processors have no such layout for all").containsKey(layout);
            assertThat(fused(cut(model, Kind.CHANNELS, units -> units - 2), Optional.empty()))
                    .doesNotContainEntry(layout, before.get(layout));
        }
    }

    private static void assertKept(CompressibleModel<OnnxModel> model, IntUnaryOperator kept) throws EngineException {
        Map<String, Integer> before = fused(model.model(), Optional.empty());
        for (Kind kind : Kind.values()) {
            Map<String, Integer> after = fused(cut(model, kind, kept), Optional.empty());
            before.forEach((operator, number) -> assertThat(after.getOrDefault(operator, 0))
                    .as(kind + " " + operator)
                    .isGreaterThanOrEqualTo(number));
        }
    }

    /** All couplings of a kind cut at once. */
    private static OnnxModel cut(CompressibleModel<OnnxModel> model, Kind kind, IntUnaryOperator kept) {
        List<Replacement> cuts = model.couplings().stream()
                .filter(coupling -> coupling.kind() == kind)
                .map(coupling -> cut(model, coupling, kept.applyAsInt(coupling.perGroup())))
                .toList();
        return model.with(cuts).model();
    }

    private static Replacement cut(CompressibleModel<OnnxModel> model, Coupling coupling, int rank) {
        return coupling.kind() == Kind.CHANNELS
                ? Cuts.of(model, coupling, Cut.leading(coupling, rank))
                : Cuts.combined(model, coupling, rank, 1);
    }
}
