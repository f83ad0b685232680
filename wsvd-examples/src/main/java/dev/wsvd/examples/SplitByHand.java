package dev.wsvd.examples;

import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.report.CompressionReport;
import dev.wsvd.selection.ManualChoice;
import java.nio.file.Path;
import java.util.Map;

/** Splits chosen layers, without any data, whatever the model's format. Arguments: model, output. */
public final class SplitByHand {
    private SplitByHand() {}

    public static void main(String[] args) {
        var opened = OpenedModel.of(Path.of(args[0]), OpenOptions.DEFAULT);
        var result = ModelCompressor.of(opened.model())
                .parameters(CompressionParameters.manual(Map.of(
                        "stage3.*", new ManualChoice.ToRatio(CompressionRatio.of(0.5)),
                        "fc1", new ManualChoice.ToRank(32))))
                .compress();
        result.model().save(Path.of(args[1]));
        System.out.print(CompressionReport.of(result.stats()).layers());
    }
}
