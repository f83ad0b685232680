package dev.wsvd.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.TensorInfo;
import dev.wsvd.evaluation.ImageFolder;
import dev.wsvd.evaluation.ImagePreparation;
import java.nio.file.Path;
import java.util.List;

/** A folder of one image, of any format: read as far as its pixels. */
class ImageFuzzTest {
    private static final InputFile INPUT = new InputFile("image.png");

    @FuzzTest
    void image(byte[] bytes) {
        Path file = INPUT.with(bytes);
        List<TensorInfo> model = List.of(new TensorInfo("image", ElementType.UINT8, List.of(-1L, 3L, -1L, -1L)));
        Sentence.orResult(() -> ImageFolder.of(file.getParent())
                .prepared(ImagePreparation.DEFAULT, model)
                .sha256());
    }
}
