package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.error.UnreachableTargetException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.spi.ProgressEvent;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Cuts whose time is known are selected by it, on the demo network as if its engine had fused what cuts lose. */
class FasterCutsTest {
    private static final String CUT = "channel-pruning";

    private final CompressibleModel<OnnxModel> model =
            new OnnxFormat().open(Path.of("..", "demo", "fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final List<String> notices = new ArrayList<>();

    @Test
    void whatIsNotFasterIsLeftOut() {
        LayerId cut =
                plan(List.of(), Metric.MAC, 0.5).changes().keySet().iterator().next();
        LostFusion lost = lost(List.of(couplingAt(cut)), 1, false);

        assertThat(plan(List.of(lost), Metric.MAC, 0.5).changes()).isNotEmpty().doesNotContainKey(cut);
        assertThat(notices).containsOnlyOnce(lost.toString());
    }

    @Test
    void whatIsFasterIsCutAsFarAsItWasTimed() {
        LayerId only = new LayerId("stage3.0.conv2");
        List<Coupling> others = new ArrayList<>(model.couplings());
        others.remove(couplingAt(only));
        LostFusion slow = lost(others, 1, false);

        assertThat(plan(List.of(slow), Metric.MAC, 0.99).changes()).isEqualTo(Map.of(only, Choice.of(CUT, 80)));
        assertThat(plan(List.of(slow, lost(List.of(couplingAt(only)), 48, true)), Metric.MAC, 0.99)
                        .changes())
                .isEqualTo(Map.of(only, Choice.of(CUT, 48)));
    }

    /** Of 32 channels any number may stay that keeps the engine's layout. */
    @Test
    void fewChannelsGoInFours() {
        LayerId only = new LayerId("stage1.0.conv2");
        List<Coupling> others = new ArrayList<>(model.couplings());
        others.remove(couplingAt(only));

        assertThat(Stream.of(0.99, 0.985, 0.98, 0.975, 0.97)
                        .map(target -> plan(List.of(lost(others, 1, false)), Metric.MAC, target)
                                .changes()
                                .get(only)
                                .rank()))
                .allMatch(units -> units % 4 == 0)
                .anyMatch(units -> units % 16 != 0);
    }

    @Test
    void memoryDoesNotAskForTime() {
        LostFusion slow = lost(model.couplings(), 1, false);

        assertThatThrownBy(() -> plan(List.of(slow), Metric.MAC, 0.5)).isInstanceOf(UnreachableTargetException.class);
        notices.clear();
        assertThat(plan(List.of(slow), Metric.MEMORY, 0.5).changes()).isNotEmpty();
        assertThat(notices).doesNotContain(slow.toString());
    }

    private Coupling couplingAt(LayerId layer) {
        return model.couplings().stream()
                .filter(coupling -> coupling.layer().id().equals(layer))
                .findFirst()
                .orElseThrow();
    }

    private static LostFusion lost(List<Coupling> couplings, int rank, boolean faster) {
        return new LostFusion(couplings, List.of("Attention"), rank, 2, faster ? 1 : 3, faster);
    }

    private Plan plan(List<LostFusion> lost, Metric metric, double target) {
        return ModelCompressor.of(losing(lost))
                .parameters(CompressionParameters.budget(target))
                .metric(metric)
                .scheme(CUT)
                .listener(event -> {
                    if (event instanceof ProgressEvent.Notice notice) {
                        notices.add(notice.text());
                    }
                })
                .plan()
                .plan();
    }

    @SuppressWarnings("unchecked")
    private CompressibleModel<OnnxModel> losing(List<LostFusion> lost) {
        return (CompressibleModel<OnnxModel>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {CompressibleModel.class}, (proxy, method, given) -> {
                    try {
                        return method.getName().equals("lostFusions") ? lost : method.invoke(model, given);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
