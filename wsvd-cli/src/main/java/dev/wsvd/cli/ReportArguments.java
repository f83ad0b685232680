package dev.wsvd.cli;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.stats.ReportOrigin;
import dev.wsvd.report.HtmlReport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** A page to look at, beside what a command prints. */
final class ReportArguments {
    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write the report as a page for any browser: one HTML file with charts, which needs no network.")
    private Path file;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    boolean given() {
        return file != null;
    }

    /** Null if no page is asked for. */
    Path file() {
        return file;
    }

    /** What was typed. */
    String command() {
        return RunOrigin.command(command);
    }

    /** What a page about a model follows from. */
    ReportOrigin origin(
            CompressibleModel<?> model,
            Optional<CalibrationIdentity> calibration,
            Optional<EvaluatorIdentity> evaluator) {
        return RunOrigin.of(command, model, calibration, evaluator);
    }

    /** Writes the page of some JSON, if it is asked for. */
    void write(Supplier<String> json) {
        if (given()) {
            WholeFile.write(file, HtmlReport.of(json.get()));
        }
    }
}
