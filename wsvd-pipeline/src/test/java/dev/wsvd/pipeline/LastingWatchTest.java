package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.Activations.Watch;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On the demo network and ONNX Runtime. */
class LastingWatchTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final Activations<OnnxModel> inputs = ArrayActivations.of(
            ONNX, ArrayDataset.load(DEMO.resolve("test-images.npz")).limit(4));

    @Test
    void aWatchWhoseRunWasGivenUpIsNotLentAgain() {
        List<LayerId> layers = List.of(model.layers().get(0).id());
        try (LastingWatch<OnnxModel> lasting = new LastingWatch<>(inputs);
                Watch plain = inputs.watch(model.model(), layers, 4)) {
            try (Watch given = lasting.watch(model.model(), layers, 4)) {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> given.run(0, 4)).isInstanceOf(EngineLostException.class);
                assertThat(Thread.interrupted()).isTrue();
            }

            try (Watch next = lasting.watch(model.model(), layers, 4)) {
                assertThat(input(next, layers.get(0))).isEqualTo(input(plain, layers.get(0)));
            }
        }
    }

    private static Object input(Watch watch, LayerId layer) {
        Tensor seen = watch.run(0, 4).get(watch.input(layer).orElseThrow());
        return seen.data();
    }
}
