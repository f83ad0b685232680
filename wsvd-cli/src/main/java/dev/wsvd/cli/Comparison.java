package dev.wsvd.cli;

import dev.wsvd.domain.CompressionStats;
import dev.wsvd.domain.Cost;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.Fidelity;
import dev.wsvd.evaluation.Latency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Two models side by side, line by line. */
final class Comparison {
    private static final int WARM_UPS = 10;
    private static final int RUNS = 100;
    private static final int BATCH = 64;
    private static final int BATCH_RUNS = 20;

    private final Table table = new Table("", ">original", ">compressed", ">ratio");

    Table table() {
        return table;
    }

    /** @param parameters how many the models store, in layers and elsewhere, if that is known */
    void costs(Cost before, Cost after, Optional<CompressionStats.Parameters> parameters) {
        table.row("MAC", Units.macs(before.mac()), Units.macs(after.mac()), ratio(after.mac(), before.mac()));
        table.row(
                "params of layers",
                Units.count(before.memory()),
                Units.count(after.memory()),
                ratio(after.memory(), before.memory()));
        parameters.ifPresent(stored -> table.row(
                "params of model",
                Units.count(stored.before()),
                Units.count(stored.after()),
                Units.ratio(stored.ratio())));
    }

    void files(CompressibleModel<?> before, CompressibleModel<?> after) {
        long bytesBefore = FileSizes.of(before);
        long bytesAfter = FileSizes.of(after);
        table.row("file", Units.bytes(bytesBefore), Units.bytes(bytesAfter), ratio(bytesAfter, bytesBefore));
    }

    /** One sample at a time, and a batch at a time; both models in turn, so that drift of the machine hits both alike. */
    void latency(Predictor before, Predictor after, ArrayDataset dataset) {
        latency("latency, one sample (median)", before, after, dataset.sample(before), RUNS);
        Map<String, Tensor> batch = dataset.batch(before, BATCH);
        long samples = batch.values().iterator().next().shape().get(0);
        if (samples > 1) {
            latency("latency, batch of " + samples + " (median)", before, after, batch, BATCH_RUNS);
        }
    }

    private void latency(String name, Predictor before, Predictor after, Map<String, Tensor> input, int runs) {
        Latency.Comparison latency = Latency.compare(before, after, input, WARM_UPS, runs);
        table.row(
                name,
                Units.millis(latency.first().medianMs()),
                Units.millis(latency.second().medianMs()),
                Units.ratio(latency.ratio()));
    }

    void score(CompressionStats.Score score) {
        ScoreRows.add(table, score);
    }

    void fidelity(Fidelity fidelity) {
        if (fidelity.outputs().size() > 1) {
            table.row(Names.score("fidelity", List.copyOf(fidelity.outputs().keySet())), "", "", "");
        }
        fidelity.argmaxAgreement().ifPresent(agreement -> table.row("same arg-max", "", Units.percent(agreement), ""));
        table.row("cosine", "", String.format(Locale.ROOT, "%.5f", fidelity.cosine()), "");
        table.row(
                "SQNR",
                "",
                Double.isInfinite(fidelity.sqnrDb())
                        ? "identical"
                        : String.format(Locale.ROOT, "%.1f dB", fidelity.sqnrDb()),
                "");
    }

    private static String ratio(long after, long before) {
        return before == 0 ? "-" : Units.ratio((double) after / before);
    }
}
