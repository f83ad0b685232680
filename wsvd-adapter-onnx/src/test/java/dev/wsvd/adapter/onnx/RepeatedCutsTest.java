package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.Cuts;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A model that is cut again and again, as by correction, remembers weights; what it gives is that of one that was never cut before. */
class RepeatedCutsTest {
    private static final ModelProto PROTO = proto();

    private static ModelProto proto() {
        Net net = new Net(17, false);
        String x = net.input("N", 3, 6, 6);
        String h = net.node("Relu", List.of(net.conv("first", x, 3, 16, 3, true)));
        h = net.node("Relu", List.of(net.conv("second", h, 16, 12, 3, true)));
        return net.build(net.conv("third", h, 12, 4, 3, true));
    }

    private static CompressibleModel<OnnxModel> open() {
        return FullRank.FORMAT.of(PROTO, "cuts", OpenOptions.DEFAULT);
    }

    private static Replacement cut(CompressibleModel<OnnxModel> model, String reader, long seed) {
        Coupling coupling = Cuts.readBy(model, reader);
        return Cuts.of(model, coupling, Cuts.some(coupling, seed));
    }

    /** The same cut with other weights for the layer that reads. */
    private static Replacement fitted(Replacement cut, String reader) {
        Layer layer = cut.stages().keySet().stream()
                .filter(key -> key.id().name().equals(reader))
                .findFirst()
                .orElseThrow();
        Stage stage = cut.stages().get(layer).get(0);
        float[] moved = stage.weights().all().clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += 0.5f;
        }
        return cut.with(
                layer, List.of(new Stage(stage.op(), Weights.of(stage.op().weight(), moved), stage.biasCorrection())));
    }

    private static void assertAsNew(CompressibleModel<OnnxModel> used, List<Replacement> cuts) {
        try (CompressibleModel<OnnxModel> untouched = open();
                CompressibleModel<OnnxModel> expected = untouched.with(cuts);
                CompressibleModel<OnnxModel> found = used.with(cuts)) {
            assertThat(found.model().proto()).isEqualTo(expected.model().proto());
        }
    }

    @Test
    void everyCutIsThatOfAnUntouchedModel() {
        try (CompressibleModel<OnnxModel> model = open()) {
            Replacement second = cut(model, "second", 0);
            Replacement third = cut(model, "third", 0);
            Replacement others = cut(model, "third", 1);
            Replacement moved = fitted(third, "third");

            assertAsNew(model, List.of(second, third));
            assertAsNew(model, List.of(second, third));
            assertAsNew(model, List.of(second, moved));
            assertAsNew(model, List.of(second));
            assertAsNew(model, List.of(third));
            assertAsNew(model, List.of(second, others));
            assertAsNew(model, List.of(fitted(second, "second"), others));
        }
    }
}
