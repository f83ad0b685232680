package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.adapter.onnx.OnnxFormat;
import dev.wsvd.adapter.onnx.OnnxModel;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.LayerFactorizer;
import dev.wsvd.domain.spi.LayerQueue;
import dev.wsvd.domain.spi.LayerTask;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.evaluation.ArrayDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers that somebody else decomposes. */
class FactorizationTest {
    private static final Path DEMO = Path.of("..", "demo");
    private static final OnnxFormat ONNX = new OnnxFormat();
    private static final int INPUTS = 50;

    private final CompressibleModel<OnnxModel> model =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);
    private final CompressibleModel<OnnxModel> other =
            ONNX.open(DEMO.resolve("fashion-resnet.onnx"), OpenOptions.DEFAULT);

    @TempDir
    Path dir;

    /** The last task first, each by a worker that has opened the model itself, and each given twice. */
    private final class Backwards implements LayerFactorizer<OnnxModel> {
        private final List<LayerTask> done = new ArrayList<>();

        @Override
        public void factor(LayerQueue<OnnxModel> queue) {
            List<LayerTask> tasks = new ArrayList<>(queue.tasks());
            Collections.reverse(tasks);
            try (LayerWorker<OnnxModel> worker = compressor(other).layerWorker()) {
                for (LayerTask task : tasks) {
                    LayerTask.Result result = worker.factor(task);
                    queue.made(task, result);
                    queue.made(task, result);
                    done.add(task);
                }
            }
        }

        @Override
        public boolean isHere() {
            return false;
        }
    }

    @AfterEach
    void close() {
        model.close();
        other.close();
    }

    @Test
    void theOrderInWhichLayersAreMadeElsewhereChangesNothing() {
        Backwards elsewhere = new Backwards();

        CompressionResult<OnnxModel> here = saved(compressor(model), "here.onnx");
        CompressionResult<OnnxModel> there = saved(compressor(model).layerFactorizer(elsewhere), "there.onnx");

        assertThat(there.plan()).isEqualTo(here.plan());
        assertThat(there.plan().changes()).hasSizeGreaterThan(3);
        assertThat(dir.resolve("there.onnx")).hasSameBinaryContentAs(dir.resolve("here.onnx"));
        assertThat(elsewhere.done)
                .filteredOn(task -> task instanceof LayerTask.Stages wanted && wanted.refined())
                .hasSameSizeAs(there.plan().changes().entrySet());
    }

    /** What a worker did before does not show in what it makes. */
    @Test
    void aTaskGivesTheSameWhateverWasMadeBefore() {
        List<LayerTask> tasks = new ArrayList<>();
        compressor(model)
                .layerFactorizer(queue -> {
                    tasks.addAll(queue.tasks());
                    queue.tasks().forEach(task -> queue.made(task, queue.factor(task)));
                })
                .compress()
                .model()
                .close();
        LayerTask.Stages last = (LayerTask.Stages) tasks.get(tasks.size() - 1);

        try (LayerWorker<OnnxModel> fresh = compressor(other).layerWorker();
                LayerWorker<OnnxModel> used = compressor(other).layerWorker()) {
            used.factor(new LayerTask.Stages(last.layer(), last.upTo(), last.upTo(), false));
            used.factor(new LayerTask.Stages(last.layer(), last.choice(), last.choice(), false));

            assertThat(weights(used.factor(last))).isDeepEqualTo(weights(fresh.factor(last)));
        }
    }

    private static float[][] weights(LayerTask.Result made) {
        return ((LayerTask.Made) made)
                .replacement().stages().values().stream()
                        .flatMap(List::stream)
                        .map(stage -> stage.weights().all())
                        .toArray(float[][]::new);
    }

    private static ModelCompressor<OnnxModel> compressor(CompressibleModel<OnnxModel> of) {
        return ModelCompressor.of(of)
                .parameters(CompressionParameters.budget(0.3))
                .calibration(ArrayActivations.of(
                        ONNX,
                        ArrayDataset.load(DEMO.resolve("calibration-images.npz"))
                                .limit(INPUTS)));
    }

    private CompressionResult<OnnxModel> saved(ModelCompressor<OnnxModel> compressor, String file) {
        CompressionResult<OnnxModel> result = compressor.compress();
        try (CompressibleModel<OnnxModel> made = result.model()) {
            made.save(dir.resolve(file));
        }
        return result;
    }
}
