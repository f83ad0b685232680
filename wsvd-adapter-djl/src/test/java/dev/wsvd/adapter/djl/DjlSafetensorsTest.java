package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.safetensors.NamedModel;
import dev.wsvd.safetensors.Safetensors;
import dev.wsvd.selection.ManualChoice;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that DJL writes are read here, and the factors of its models are read by DJL. */
class DjlSafetensorsTest {
    private static final Shape INPUT = new Shape(2, 4, 8, 8);

    @TempDir
    Path folder;

    @Test
    void factorsAreNamedAsDjlNamedTheWeights() throws IOException {
        try (Model model = Networks.model(Networks::mixed, INPUT)) {
            Path file = folder.resolve("model.safetensors");
            Map<String, String> names = Map.of("07Linear_weight", "fc.weight", "07Linear_bias", "fc.bias");
            NDList arrays = new NDList();
            names.forEach((parameter, name) -> {
                NDArray array = array(model, parameter).duplicate();
                array.setName(name);
                arrays.add(array);
            });
            try (OutputStream out = Files.newOutputStream(file)) {
                arrays.encode(out, NDList.Encoding.SAFETENSORS);
            }
            Safetensors tensors = Safetensors.open(file);
            assertThat(tensors.tensor("fc.weight").floats())
                    .isEqualTo(array(model, "07Linear_weight").toFloatArray());

            NamedModel<Model> named = NamedModel.of(DjlModels.of(model, Networks::mixed), tensors);
            CompressionResult<Model> result = ModelCompressor.of(named)
                    .parameters(CompressionParameters.manual(Map.of("07Linear", new ManualChoice.ToRank(2))))
                    .compress();
            Path target = folder.resolve("small.safetensors");
            named.write(result.model(), target);
            assertReadByDjl(target, result.model().model());
        }
    }

    private static void assertReadByDjl(Path file, Model compressed) throws IOException {
        try (NDManager manager = NDManager.newBaseManager();
                InputStream in = Files.newInputStream(file)) {
            NDList arrays = NDList.decode(manager, in);
            assertThat(arrays.get("fc.0.weight").getShape()).isEqualTo(new Shape(2, 16));
            assertThat(arrays.get("fc.1.weight").getShape()).isEqualTo(new Shape(12, 2));
            float[] bias = arrays.get("fc.1.bias").toFloatArray();
            float[] own = compressed.getBlock().getParameters().values().stream()
                    .map(Parameter::getArray)
                    .filter(array -> array.getShape().equals(new Shape(12)))
                    .findFirst()
                    .orElseThrow()
                    .toFloatArray();
            assertThat(bias).containsExactly(own, within(0f));
        }
    }

    private static NDArray array(Model model, String parameter) {
        return model.getBlock().getParameters().get(parameter).getArray();
    }
}
