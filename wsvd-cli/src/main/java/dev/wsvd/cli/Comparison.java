package dev.wsvd.cli;

import dev.wsvd.domain.Cost;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.evaluation.ArrayDataset;
import dev.wsvd.evaluation.Fidelity;
import dev.wsvd.evaluation.Latency;
import java.nio.file.Path;
import java.util.Locale;

/** Two models side by side, line by line. */
final class Comparison {
    private final Table table = new Table("", ">original", ">compressed", ">ratio");

    Table table() {
        return table;
    }

    void costs(Cost before, Cost after) {
        table.row("MAC", Units.macs(before.mac()), Units.macs(after.mac()), ratio(after.mac(), before.mac()));
        table.row(
                "params",
                Units.count(before.memory()),
                Units.count(after.memory()),
                ratio(after.memory(), before.memory()));
    }

    void files(Path before, Path after) {
        long bytesBefore = FileSizes.of(before);
        long bytesAfter = FileSizes.of(after);
        table.row("file", Units.bytes(bytesBefore), Units.bytes(bytesAfter), ratio(bytesAfter, bytesBefore));
    }

    /** Both models in turn, so that drift of the machine hits both alike. */
    void latency(Predictor before, Predictor after, ArrayDataset dataset) {
        Latency.Comparison latency =
                Latency.compare(before, after, dataset.sample(before), EvaluateCommand.WARM_UPS, EvaluateCommand.RUNS);
        table.row(
                "latency, one sample (median)",
                Units.millis(latency.first().medianMs()),
                Units.millis(latency.second().medianMs()),
                Units.ratio(latency.ratio()));
    }

    void score(String name, double before, double after) {
        table.row(name, Units.score(before), Units.score(after), "");
    }

    void fidelity(Fidelity fidelity) {
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
