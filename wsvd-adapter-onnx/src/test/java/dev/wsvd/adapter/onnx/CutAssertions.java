package dev.wsvd.adapter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.Cuts;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What cut models must compute, also once they were saved. */
final class CutAssertions {
    private CutAssertions() {}

    /** A cut model computes what the original does that does not look at what goes. */
    static CompressibleModel<OnnxModel> assertSame(
            CompressibleModel<OnnxModel> model, List<Replacement> cuts, Map<String, Tensor> inputs, double tolerance) {
        CompressibleModel<OnnxModel> cut = model.with(cuts);
        FullRank.assertSame(
                FullRank.run(cut.model(), inputs),
                FullRank.run(Cuts.blind(model, cuts).model(), inputs),
                tolerance);
        return cut;
    }

    static void assertCanBeSaved(CompressibleModel<OnnxModel> cut, Map<String, Tensor> inputs, Path folder) {
        Path file = folder.resolve("cut.onnx");
        cut.save(file);
        try (CompressibleModel<OnnxModel> again = FullRank.FORMAT.open(file, OpenOptions.DEFAULT)) {
            FullRank.assertSame(FullRank.run(again.model(), inputs), FullRank.run(cut.model(), inputs), 0);
            assertThat(again.layers()).isEqualTo(cut.layers());
        }
    }
}
