package dev.wsvd.adapter.djl;

import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import dev.wsvd.domain.spi.ModelFormat;
import dev.wsvd.testkit.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Path;

/** The promises every format makes, for a folder that DJL wrote. */
class DjlFormatContractTest extends ModelFormatContract<Model> {
    @Override
    protected ModelFormat<Model> format() {
        return new DjlFormat(Networks::mixed);
    }

    @Override
    protected Path writeExample(Path folder) throws IOException {
        Path example = folder.resolve("example");
        try (Model model = Networks.model(Networks::mixed, new Shape(1, 4, 8, 8))) {
            model.save(example, "example");
        }
        return example;
    }
}
