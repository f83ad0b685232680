package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.Cuts;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transformers as exporters write them: see the README beside the models. */
class ExportedAttentionTest {
    @TempDir
    private static Path folder;

    static CompressibleModel<OnnxModel> open(String name) {
        try {
            Path file = Path.of(ExportedAttentionTest.class
                    .getResource("attention/" + name + ".onnx")
                    .toURI());
            return FullRank.FORMAT.open(file, OpenOptions.DEFAULT);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

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
                "opset12"
            })
    void channelsValuesAndScores(String name) {
        try (CompressibleModel<OnnxModel> model = open(name)) {
            assertExact(model, Kind.CHANNELS, Kind.VALUES, Kind.SCORES);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fused-script", "fused-dynamo"})
    void attentionAlone(String name) {
        try (CompressibleModel<OnnxModel> model = open(name)) {
            assertExact(model, Kind.VALUES, Kind.SCORES);
        }
    }

    @Test
    void rotaryPositionsKeepScores() {
        try (CompressibleModel<OnnxModel> model = open("llama-dynamo")) {
            assertExact(model, Kind.CHANNELS, Kind.VALUES);
            assertThat(model.uncoupled())
                    .extracting(Uncoupled::reason)
                    .anyMatch(reason -> reason.startsWith("rotary positions come between: "));
            Coupling values = model.couplings().get(1);
            assertThat(values.groups()).isEqualTo(2);
            assertThat(values.spread(values.readers().get(0))).isEqualTo(2);
        }
    }

    /** Each coupling alone, and all at once. */
    private static void assertExact(CompressibleModel<OnnxModel> model, Kind... kinds) {
        assertThat(model.couplings())
                .as(model.uncoupled().toString())
                .extracting(Coupling::kind)
                .containsExactly(kinds);
        Map<String, Tensor> inputs = FullRank.inputs(model.model());
        List<Replacement> all = new ArrayList<>();
        for (Coupling coupling : model.couplings()) {
            for (int seed = 1; seed <= 2; seed++) {
                Replacement cut = coupling.kind() == Kind.CHANNELS
                        ? Cuts.of(model, coupling, Cuts.some(coupling, seed))
                        : Cuts.combined(model, coupling, seed, seed);
                CutAssertions.assertSame(model, List.of(cut), inputs, 1e-5);
                if (seed == 1) {
                    all.add(cut);
                }
            }
        }
        CompressibleModel<OnnxModel> cut = CutAssertions.assertSame(model, all, inputs, 1e-5);
        Cuts.assertSmaller(model, all, cut);
        CutAssertions.assertCanBeSaved(cut, inputs, folder);
    }
}
