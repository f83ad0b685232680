package dev.wsvd.cli;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.ReportOrigin;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/** What a report of a command follows from. */
final class RunOrigin {
    private RunOrigin() {}

    /**
     * What was typed, with what files of arguments and options hold in their places, with the quotes that POSIX shells take; paths are
     * as they were typed, so it is for the same folder.
     */
    static String command(CommandSpec command) {
        List<String> typed = command.root().commandLine().getParseResult().expandedArgs();
        return "wsvd " + typed.stream().map(RunOrigin::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    static ReportOrigin of(
            CommandSpec command,
            CompressibleModel<?> model,
            Optional<CalibrationIdentity> calibration,
            Optional<EvaluatorIdentity> evaluator) {
        return new ReportOrigin(
                Optional.ofNullable(RunOrigin.class.getPackage().getImplementationVersion()),
                model.identity(),
                new CompressionStats.Sources(
                        Optional.of(model.identity().name()), calibration, evaluator, Optional.of(command(command))));
    }
}
