package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.Timeout;

/** On the demo network and ONNX Runtime. */
class LastingWatchTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final int SAMPLES = 200;

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final Activations<OnnxModel> inputs = ArrayActivations.of(
            ONNX, ArrayDataset.load(DEMO.resolve("test-images.npz")).limit(SAMPLES));

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aWatchWhoseRunWasGivenUpIsNotLentAgain() {
        List<LayerId> layers = List.of(model.layers().get(0).id());
        try (LastingWatch<OnnxModel> lasting = new LastingWatch<>(inputs);
                Watch plain = inputs.watch(model.model(), layers, SAMPLES)) {
            try (Watch given = lasting.watch(model.model(), layers, SAMPLES)) {
                while (!isGivenUp(given)) {
                    // It was done before the interrupt was seen.
                }
            }

            try (Watch next = lasting.watch(model.model(), layers, SAMPLES)) {
                assertThat(input(next, layers.get(0))).isEqualTo(input(plain, layers.get(0)));
            }
        }
    }

    private static boolean isGivenUp(Watch watch) {
        Thread.currentThread().interrupt();
        try {
            watch.run(0, SAMPLES);
            return false;
        } catch (EngineLostException e) {
            return true;
        } finally {
            Thread.interrupted();
        }
    }

    private static Object input(Watch watch, LayerId layer) {
        Tensor seen = watch.run(0, SAMPLES).get(watch.input(layer).orElseThrow());
        return seen.data();
    }
}
