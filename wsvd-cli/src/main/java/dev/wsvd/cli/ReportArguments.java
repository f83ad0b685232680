package dev.wsvd.cli;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.ReportOrigin;
import dev.wsvd.report.HtmlReport;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

    /** What was typed, with the quotes that POSIX shells take; paths are as they were typed, so it is for the same folder. */
    String command() {
        List<String> typed = command.root().commandLine().getParseResult().originalArgs();
        return "wsvd " + typed.stream().map(ReportArguments::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    /** What a page about a model follows from. */
    ReportOrigin origin(
            CompressibleModel<?> model,
            Optional<CalibrationIdentity> calibration,
            Optional<EvaluatorIdentity> evaluator) {
        return new ReportOrigin(
                Optional.ofNullable(ReportArguments.class.getPackage().getImplementationVersion()),
                model.identity(),
                new CompressionStats.Sources(
                        Optional.of(model.identity().name()), calibration, evaluator, Optional.of(command())));
    }

    /** Writes the page of some JSON, if it is asked for. */
    void write(Supplier<String> json) {
        if (given()) {
            WholeFile.write(file, HtmlReport.of(json.get()));
        }
    }
}
