package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.Shape;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What works, and what is said, on a classpath with DJL's API and no engine. */
class WithoutEngineTest {
    private static final Shape INPUT = new Shape(1, 4, 8, 8);
    private static final LayerId LAYER = new LayerId("07Linear");

    @TempDir
    Path folder;

    @Test
    void weightsAreReadAndWrittenAndRunningSaysWhatToAdd() throws Exception {
        Path saved = folder.resolve("example");
        Path copy = folder.resolve("copy");
        float[] outputs;
        float weight;
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            model.save(saved, "example");
            outputs = Networks.run(model, INPUT);
            weight = DjlModels.of(model, Networks::mixed).weights(LAYER).all()[7];
        }

        assertThat(Programs.of(Copying.class)
                        .without(jar -> jar.contains("pytorch"))
                        .run(folder, saved.toString(), copy.toString()))
                .containsExactly(
                        "RPC",
                        String.valueOf(weight),
                        "The sizes of layers are seen in a run of the model 'example', and there is no DJL engine to run it."
                                + " Maybe add ai.djl.pytorch:pytorch-engine, pytorch-jni and pytorch-native-cpu at runtime"
                                + " scope.");
        try (Model model = DjlModels.load(copy, Networks::mixed)) {
            assertThat(Networks.run(model, INPUT)).isEqualTo(outputs);
        }
    }

    /** Opens a model, prints a weight, writes the model elsewhere, and asks for its layers. */
    static final class Copying {
        private Copying() {}

        public static void main(String[] args) {
            System.out.println(Engine.getInstance().getEngineName());
            try (CompressibleModel<Model> model =
                    new DjlFormat(Networks::mixed).open(Path.of(args[0]), OpenOptions.DEFAULT)) {
                System.out.println(model.weights(LAYER).all()[7]);
                model.save(Path.of(args[1]));
                System.out.println(model.layers());
            } catch (WsvdException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
