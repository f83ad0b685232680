package dev.wsvd.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole models, mutated field by field: measured by the engine, read and split. A split of a layer that was listed as
 * supported succeeds, and what comes out is a model that can be measured as well as the one before.
 */
class OnnxGraphFuzzTest {
    /** More make an execution slow and find nothing new. */
    private static final int MOST_LAYERS = 4;

    private static final long MOST_ELEMENTS = 1 << 16;

    private static final OnnxFormat ONNX = new OnnxFormat();

    static Stream<ModelProto> models() {
        return OnnxSeeds.models();
    }

    @MethodSource("models")
    @FuzzTest
    void split(@NotNull ModelProto proto) {
        Sentence.orResult(() -> ONNX.of(proto, "fuzzed", OpenOptions.DEFAULT)).ifPresent(model -> {
            Sentence.orResult(model::layers).ifPresent(layers -> split(model, layers));
        });
    }

    private static void split(CompressibleModel<OnnxModel> model, List<Layer> layers) {
        List<Replacement> splits = new ArrayList<>();
        for (Layer layer : layers) {
            boolean small = layer.weight() != null && layer.weight().elements() <= MOST_ELEMENTS;
            if (layer.supported() && small && splits.size() < MOST_LAYERS) {
                Sentence.orResult(() -> ExactFactors.of(layer, model.weights(layer.id()), ExactForm.INPUT_CHANNEL))
                        .ifPresent(splits::add);
            } else {
                Sentence.orResult(() -> model.weights(layer.id()).all());
            }
        }
        CompressibleModel<OnnxModel> split = model.with(splits);
        assertThat(split.layers()).hasSize(layers.size() + splits.size());
    }
}
