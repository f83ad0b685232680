package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.Probe;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.PredictedErrors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What residual sums add to what layers give. */
class ResidualSumsTest {
    private static final OnnxFormat FORMAT = new OnnxFormat();

    /**
     * A layer between a first one, whose activation it reads, and the end.
     *
     * @param end gets the first layer's activation and what the layer gives
     */
    private static Map<String, String> addends(BiFunction<Net, List<String>, String> end) {
        Net net = new Net(17, false);
        String h = net.node("Relu", List.of(net.conv("first", net.input("N", 3, 4, 4), 3, 3, 1, false)));
        String y = end.apply(net, List.of(h, net.conv("layer", h, 3, 3, 3, true)));
        net.builder().output(y);
        CompressibleModel<OnnxModel> model = FORMAT.of(net.builder().build(), "sums", OpenOptions.DEFAULT);
        List<LayerId> ids = model.layers().stream().map(layer -> layer.id()).toList();
        try (Probe probe = FORMAT.probe(model.model(), ids)) {
            Map<String, Tensor> seen = probe.predictor().run(Map.of("x", PredictedErrors.inputs(2, 1, 3, 4, 4)));
            assertThat(seen.keySet()).containsAll(probe.addends().values());
            return Map.copyOf(probe.addends().entrySet().stream()
                    .collect(Collectors.toMap(e -> e.getKey().name(), Map.Entry::getValue)));
        }
    }

    @Test
    void aSkipIsAddedWhicheverOperandItIs() {
        assertThat(addends((net, t) -> net.node("Add", t))).containsExactly(Map.entry("layer", "Relu1_out"));
        assertThat(addends((net, t) -> net.node("Sum", List.of(t.get(1), t.get(0)))))
                .containsOnlyKeys("layer");
    }

    @Test
    void biasesAndIdentitiesMayComeFirst() {
        assertThat(addends((net, t) -> {
                    String biased = net.node("Add", List.of(t.get(1), net.weight(3, 1, 1)));
                    return net.node("Add", List.of(t.get(0), net.node("Identity", List.of(biased))));
                }))
                .containsOnlyKeys("layer");
    }

    @Test
    void whatIsNotASumOfTheLayersOutputAloneIsNone() {
        List<BiFunction<Net, List<String>, String>> others = new ArrayList<>();
        others.add((net, t) -> net.node("Mul", t));
        others.add((net, t) -> net.node("Add", List.of(t.get(0), net.node("Relu", List.of(t.get(1))))));
        others.add((net, t) -> net.node("Add", List.of(t.get(1), t.get(1))));
        others.add((net, t) -> net.node("Sub", t));
        others.add((net, t) -> net.node("Add", List.of(net.node("Add", t), net.node("Neg", List.of(t.get(1))))));
        others.forEach(end -> assertThat(addends(end)).isEmpty());
    }

    @Test
    void ofTwoLayersInASumTheLastOneIsToldOfTheOther() {
        assertThat(addends((net, t) -> net.node("Add", List.of(t.get(1), net.conv("side", t.get(0), 3, 3, 1, false)))))
                .containsOnlyKeys("side");
    }
}
