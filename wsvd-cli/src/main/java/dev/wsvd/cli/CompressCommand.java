package dev.wsvd.cli;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.file.WholeFile;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.plan.PlanOrigin;
import dev.wsvd.domain.score.EvaluatorIdentity;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import dev.wsvd.domain.spi.ProgressListener;
import dev.wsvd.domain.stats.CompressionStats;
import dev.wsvd.domain.stats.ParetoPoint;
import dev.wsvd.evaluation.ArrayActivations;
import dev.wsvd.json.JsonPareto;
import dev.wsvd.json.JsonPlans;
import dev.wsvd.json.JsonScores;
import dev.wsvd.json.JsonStats;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.CompressionResult;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.PlannedCompression;
import dev.wsvd.report.CompressionReport;
import dev.wsvd.report.LivePage;
import dev.wsvd.report.ParetoReport;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExitCodeGenerator;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Chooses ranks, splits layers, writes the smaller model. */
@Command(
        name = "compress",
        description = "Choose a rank for every layer so that the model meets the target, split the layers and write"
                + " the compressed model.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --target 0.5 \\",
            "       --data images.npy --labels labels.npy",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --target 0.5 \\",
            "       --data images.npy --scores scores.json",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --target 0.5 \\",
            "       --calibration inputs.npy",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --max-drop 0.01 \\",
            "       --calibration inputs.npy --data images.npy --labels labels.npy",
            "  ${ROOT-COMMAND-NAME} compress model.onnx --pareto curve.csv --calibration inputs.npy \\",
            "       --data images.npy --labels labels.npy",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx \\",
            "       --layer conv2=0.5 --layer fc1=rank:64",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --plan plan.json",
            "  ${ROOT-COMMAND-NAME} compress model.onnx -o small.onnx --target 0.5 \\",
            "       --calibration inputs.npy --int8",
            "  ${ROOT-COMMAND-NAME} compress model.onnx --target 0.4 --scores scores.json --dry-run"
        })
final class CompressCommand implements Runnable, IExitCodeGenerator {
    private static final String UNCHANGED =
            "No layer is split, so the model is not smaller. Maybe it already meets the target at the sizes"
                    + " assumed for its inputs, or no layer can be split.";

    private final Console console;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            description = "Output: the compressed model.")
    private Path output;

    @Mixin
    private final CompressorArguments asked = new CompressorArguments();

    @Option(
            names = "--scores",
            paramLabel = "FILE",
            description =
                    "File for the scores of networks that are compared: written after each evaluation, reused by later runs.")
    private Path scores;

    @Mixin
    private final WorkerArguments workers = new WorkerArguments();

    @Spec
    private CommandSpec spec;

    private int exitCode;

    @Option(names = "--stats", paramLabel = "FILE", description = "Write the report as JSON.")
    private Path stats;

    @Mixin
    private final ReportArguments report = new ReportArguments();

    @Mixin
    private final LiveArguments live = new LiveArguments();

    @Option(names = "--save-plan", paramLabel = "FILE", description = "Write the plan as JSON, for --plan.")
    private Path savePlan;

    @Option(
            names = "--dry-run",
            description = "Do everything but write the model; without --data, plan from saved scores alone.")
    private boolean dryRun;

    @Option(
            names = "--pareto",
            paramLabel = "FILE",
            description = "Write no model, but the curve of cost against score, at the ratios of --candidates down"
                    + " to --target: a table, and CSV in FILE.")
    private Path pareto;

    @Mixin
    private final OutputForm form = new OutputForm();

    private Optional<LivePage> page = Optional.empty();

    CompressCommand(Console console) {
        this.console = console;
    }

    @Override
    public int getExitCode() {
        return exitCode;
    }

    @Override
    public void run() {
        OptionalInt elsewhere = workers.runElsewhere(spec);
        if (elsewhere.isPresent()) {
            exitCode = elsewhere.getAsInt();
            return;
        }
        if (output == null && !dryRun && pareto == null) {
            throw new InvalidInputException("No output is given. Give -o OUT, or --dry-run to write no model.");
        }
        if (pareto != null) {
            requireNothingToWriteBesideCurve();
        }
        List<Path> inputs = asked.inputs();
        // Kept moments are read at once, and what is learnt besides is added to them.
        FilesInUse inUse = new FilesInUse(inputs);
        inputs.add(asked.calibration().keptMoments());
        OutputPaths outputs = new OutputPaths(
                inputs,
                output,
                Arrays.asList(
                        stats,
                        report.file(),
                        savePlan,
                        scores,
                        asked.calibration().newMoments(),
                        pareto,
                        asked.timing().file(),
                        asked.weights().output(),
                        console.savedConfig()));
        outputs.requireWritable();
        if (scores != null && pareto == null) {
            asked.selection().requireScoresUseful(asked.calibration().given());
        } else if (scores == null) {
            asked.selection().requireScoresKept();
        }
        asked.requireConsistent(pareto != null, dryRun);
        page = live.open(console);
        try {
            page.ifPresent(it -> console.interrupt().ifPresent(action -> it.stoppable(action, kept())));
            run(outputs, inUse);
        } finally {
            page.ifPresent(LivePage::close);
        }
    }

    /** What is left of a run that is stopped. */
    private String kept() {
        return scores == null
                ? "Its scores are not kept: there is no --scores."
                : "Its scores are kept in '" + scores + "', and the same command goes on from there.";
    }

    private void run(OutputPaths outputs, FilesInUse inUse) {
        long start = System.nanoTime();
        OpenedModel<?> opened = asked.opened(console);
        opened.model().notices().forEach(notice -> console.progress().onEvent(new Notice(notice)));
        inUse.add(opened.model());
        outputs.requireApartFrom(opened.model());
        openDims(opened).warn(console);
        asked.data().warn(opened, asked.calibration().dataset(), console);
        if (pareto != null) {
            curve(opened, inUse);
            return;
        }
        compress(opened, secondsSince(start), inUse);
    }

    private OpenDims openDims(OpenedModel<?> opened) {
        return new OpenDims(
                opened,
                asked.data()
                        .file()
                        .or(() -> Optional.ofNullable(asked.calibration().inputs())));
    }

    private void requireNothingToWriteBesideCurve() {
        new GivenOptions()
                .with("-o", output != null)
                .with("--dry-run", dryRun)
                .with("--stats", stats != null)
                .with("--save-plan", savePlan != null)
                .refuse("--pareto writes a curve and no model");
    }

    private <M> void curve(OpenedModel<M> opened, FilesInUse inUse) {
        List<CompressionRatio> ratios = asked.selection().curve();
        ModelCompressor<M> compressor = compressor(opened, asked.selection().curveParameters(ratios));
        List<ParetoPoint> points = inUse.during(() -> compressor.pareto(ratios));
        Optional<EvaluatorIdentity> scored = asked.evaluator(opened).flatMap(it -> it.identity(Evaluator.ALL));
        Optional<CalibrationIdentity> calibrated = asked.calibration()
                .dataset()
                .flatMap(inputs -> ArrayActivations.of(opened.format(), inputs).identity());
        ParetoReport text = ParetoReport.of(points, asked.selection().metric(), scored);
        WholeFile.write(pareto, text.csv());
        Supplier<String> json = () -> JsonPareto.toJson(
                points, asked.selection().metric(), report.origin(opened.model(), calibrated, scored));
        report.write(json);
        console.out().print(text.table());
        console.out().println("Wrote " + pareto + ".");
        done(json);
    }

    private ProgressListener listener() {
        ProgressListener own = console.progress();
        return event -> {
            own.onEvent(event);
            page.ifPresent(it -> it.onEvent(event));
        };
    }

    private <M> ModelCompressor<M> compressor(OpenedModel<M> opened, CompressionParameters parameters) {
        ModelCompressor<M> compressor = asked.compressor(opened, parameters).listener(listener());
        if (scores != null) {
            compressor.scores(JsonScores.at(scores));
        }
        workers.addTo(compressor, opened, asked, spec);
        if (report.given() || live.given()) {
            compressor.reportSpectra();
        }
        return compressor;
    }

    private <M> void compress(OpenedModel<M> opened, double openSeconds, FilesInUse inUse) {
        CompressionParameters parameters = asked.parameters(opened, console);
        if (scores == null && !asked.data().given()) {
            asked.selection().requireNoScores(asked.calibration().given());
        }
        ModelCompressor<M> compressor = compressor(opened, parameters);
        if (dryRun && !asked.data().given()) {
            PlannedCompression planned = inUse.during(compressor::plan);
            finish(opened, planned.plan(), planned.origin(), planned.stats().plus(seconds(openSeconds, 0)));
            return;
        }
        CompressionResult<M> result = inUse.during(compressor::compress);
        double writeSeconds = dryRun ? 0 : inUse.during(() -> save(opened.model(), result));
        finish(opened, result.plan(), result.origin(), result.stats().plus(seconds(openSeconds, writeSeconds)));
    }

    private <M> double save(CompressibleModel<M> original, CompressionResult<M> result) {
        long start = System.nanoTime();
        // Weights by name may still be refused, and then there is no model either.
        asked.weights().write(original, result.model());
        form.save(result.model(), output, console);
        return secondsSince(start);
    }

    private void finish(OpenedModel<?> opened, Plan plan, PlanOrigin origin, CompressionStats measured) {
        CompressionStats made = measured.madeBy(report.command());
        if (savePlan != null) {
            JsonPlans.write(savePlan, opened.model().identity(), origin, plan);
        }
        if (stats != null) {
            JsonStats.write(stats, made);
        }
        report.write(() -> JsonStats.toJson(made));
        CompressionReport text = CompressionReport.of(made);
        PrintStream out = console.out();
        out.print(text.layers());
        out.println();
        out.print(text.totals());
        openDims(opened).print(console);
        if (made.unchanged()) {
            out.println(UNCHANGED);
            console.progress().onEvent(new Notice(UNCHANGED));
        }
        out.println(text.effort());
        out.println(
                dryRun
                        ? "Dry run: " + (output == null ? "no model" : "no model '" + output + "'") + " written."
                        : "Wrote " + written(opened) + asked.weights().written() + ".");
        done(() -> JsonStats.toJson(made));
    }

    /** The result as programs and the live page take it: last, for a page is told here that the run is done. */
    private void done(Supplier<String> json) {
        console.json(json);
        page.ifPresent(it -> it.finish(json.get()));
    }

    private String written(OpenedModel<?> opened) {
        try (CompressibleModel<?> saved = asked.written(opened, output)) {
            // What weights came from another file may be in both.
            return asked.weights().file() == null ? FileSizes.note(opened.model(), saved) : FileSizes.note(saved);
        }
    }

    private static CompressionStats.Seconds seconds(double open, double write) {
        return new CompressionStats.Seconds(open, 0, 0, 0, 0, 0, write);
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
