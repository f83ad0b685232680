package dev.wsvd.domain.stats;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.score.ConfidenceInterval;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.EvaluatorIdentity;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A report on one compression: every figure is recomputed from the compressed model or was measured; what was not measured is
 * absent.
 *
 * @param goal what was asked for
 * @param score scores of the whole model, absent when nothing was evaluated
 * @param before cost of the original, all its layers
 * @param after cost of the compressed model
 * @param parameters how many parameters the models store, in layers and elsewhere; absent if their format does not tell, or no
 *     model was made
 * @param layers every layer of the original in graph order, replaced or not
 * @param effort what it took
 * @param provenance what made this
 * @param latency wall time of both models, measured in turn; absent if they were not timed
 * @param int8 layers of the compressed model that compute in int8, in graph order
 */
public record CompressionStats(
        Goal goal,
        Optional<Score> score,
        Cost before,
        Cost after,
        Optional<Parameters> parameters,
        List<LayerStats> layers,
        Effort effort,
        Provenance provenance,
        Optional<Latency> latency,
        List<LayerId> int8) {

    public CompressionStats {
        Objects.requireNonNull(goal, "goal");
        Objects.requireNonNull(score, "score");
        Objects.requireNonNull(parameters, "parameters");
        Objects.requireNonNull(latency, "latency");
        layers = List.copyOf(layers);
        int8 = List.copyOf(int8);
    }

    /** Of models in float that were not timed. */
    public CompressionStats(
            Goal goal,
            Optional<Score> score,
            Cost before,
            Cost after,
            Optional<Parameters> parameters,
            List<LayerStats> layers,
            Effort effort,
            Provenance provenance) {
        this(goal, score, before, after, parameters, layers, effort, provenance, Optional.empty(), List.of());
    }

    /** Cost after / cost before, for a metric; 1 for a model without cost. */
    public double ratio(Metric of) {
        return after.ratioTo(before, of);
    }

    /** These stats with time spent outside the compression itself, such as on opening and writing files, added. */
    public CompressionStats plus(Seconds more) {
        Effort longer = new Effort(effort.evaluations, effort.seconds.plus(more), effort.trials);
        return new CompressionStats(goal, score, before, after, parameters, layers, longer, provenance, latency, int8);
    }

    /** These stats with the command line that made them. */
    public CompressionStats madeBy(String command) {
        return new CompressionStats(
                goal, score, before, after, parameters, layers, effort, provenance.madeBy(command), latency, int8);
    }

    /** Whether no layer was replaced. */
    public boolean unchanged() {
        return layers.stream().noneMatch(layer -> layer.decision() instanceof Decision.Change);
    }

    private static double ratio(long after, long before) {
        return before == 0 ? 1 : (double) after / before;
    }

    /**
     * What was asked for.
     *
     * @param metric what the target limits
     * @param target the ratio asked for, if there was one
     * @param selection {@code greedy}, {@code tar}, {@code budget}, {@code energy}, {@code manual} or {@code plan}
     */
    public record Goal(Metric metric, Optional<CompressionRatio> target, String selection) {
        public Goal {
            Objects.requireNonNull(metric, "metric");
            Objects.requireNonNull(target, "target");
            Objects.requireNonNull(selection, "selection");
        }
    }

    /**
     * What it took.
     *
     * @param evaluations number of evaluations made in this run
     * @param seconds where the time went
     * @param trials whole networks that were scored on the way, in that order
     */
    public record Effort(int evaluations, Seconds seconds, List<Trial> trials) {
        public Effort {
            trials = List.copyOf(trials);
        }

        /** No whole network was scored on the way. */
        public Effort(int evaluations, Seconds seconds) {
            this(evaluations, seconds, List.of());
        }
    }

    /**
     * Wall time of a run of the whole original and compressed model, measured in turn on one machine.
     *
     * @param beforeNs median of the original in ns
     * @param afterNs median of the compressed model in ns
     * @param ratio median of after / before of the pairs
     * @param interval 95 % interval of the ratio
     * @param predictedAtFirst the ratio that was predicted by the times of layers alone, before a network as a whole was timed
     * @param threads with which the engine computed
     * @param batch samples per run
     * @param engine with its version
     * @param machine the processor
     */
    public record Latency(
            double beforeNs,
            double afterNs,
            double ratio,
            ConfidenceInterval interval,
            double predictedAtFirst,
            int threads,
            int batch,
            String engine,
            String machine) {}

    /** Number of parameters that the original and the compressed model store; see {@code CompressibleModel.parameters()}. */
    public record Parameters(long before, long after) {
        /** After / before; 1 for a model without parameters. */
        public double ratio() {
            return CompressionStats.ratio(after, before);
        }
    }

    /**
     * Scores of the original and the compressed model by the same evaluator.
     *
     * @param name the evaluator's name
     * @param baseline the original's score, absent if only the compressed model was scored
     * @param compressed the compressed model's score, absent in a dry run from saved scores
     * @param samples number of samples behind each score, 0 if unknown
     * @param baselineInterval the baseline's interval, absent unless the score is a proportion of the samples
     * @param compressedInterval the same of the compressed model
     * @param dropInterval the interval of baseline − compressed, absent unless both models were scored sample by sample
     * @param outputs the outputs that were scored, of a model that has several; else empty
     */
    public record Score(
            String name,
            OptionalDouble baseline,
            OptionalDouble compressed,
            long samples,
            Optional<ConfidenceInterval> baselineInterval,
            Optional<ConfidenceInterval> compressedInterval,
            Optional<ConfidenceInterval> dropInterval,
            List<String> outputs) {
        public Score {
            outputs = List.copyOf(outputs);
        }

        /** Scores whose uncertainty is not known. */
        public Score(String name, OptionalDouble baseline, OptionalDouble compressed, long samples) {
            this(name, baseline, compressed, samples, Optional.empty(), Optional.empty(), Optional.empty(), List.of());
        }

        /** Evaluations of the two models by one evaluator. */
        public static Score of(EvaluatorIdentity evaluator, Evaluation baseline, Evaluation compressed) {
            return new Score(
                    evaluator.name(),
                    OptionalDouble.of(baseline.score()),
                    OptionalDouble.of(compressed.score()),
                    evaluator.samples(),
                    baseline.interval(),
                    compressed.interval(),
                    baseline.dropTo(compressed),
                    evaluator.outputs());
        }
    }

    /**
     * What happened to one layer.
     *
     * @param size for people, how large what was chosen is: {@code rank 12}, {@code 48 of 64 units}; empty if it stays
     * @param before cost of the layer
     * @param after cost of what replaced it; equal to {@code before} if it stays
     * @param error predicted relative output error, layer in isolation, on the calibration inputs, or of its weight where there were
     *     none; absent if it stays; see {@link dev.wsvd.domain.plan.Factors#error}
     * @param outputError measured relative output error in the compressed network, of the output channels that it still has; absent if
     *     it was neither split nor cut, or was not measured
     * @param path see {@link Layer#path}
     * @param times how long it takes, and what replaced it; absent if the models were not timed or their engine does not tell
     * @param details what it is, and what else could have become of it
     */
    public record LayerStats(
            LayerId layer,
            Decision decision,
            String size,
            Cost before,
            Cost after,
            OptionalDouble error,
            OptionalDouble outputError,
            Optional<String> path,
            Optional<LayerTimes> times,
            Optional<LayerDetails> details) {
        /** A layer without a path, whose outputs and times were not measured; what was chosen has ranks. */
        public LayerStats(LayerId layer, Decision decision, Cost before, Cost after, OptionalDouble error) {
            this(
                    layer,
                    decision,
                    decision instanceof Decision.Change change ? change.choice().ranks() : "",
                    before,
                    after,
                    error,
                    OptionalDouble.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());
        }

        /** Cost after / cost before, for a metric; 1 for a layer without cost. */
        public double ratio(Metric of) {
            return after.ratioTo(before, of);
        }
    }

    /** Wall time in seconds per stage. */
    public record Seconds(
            double open,
            double calibrate,
            double decompose,
            double evaluate,
            double select,
            double fineTune,
            double write) {
        /** The sum, stage by stage. */
        public Seconds plus(Seconds more) {
            return new Seconds(
                    open + more.open,
                    calibrate + more.calibrate,
                    decompose + more.decompose,
                    evaluate + more.evaluate,
                    select + more.select,
                    fineTune + more.fineTune,
                    write + more.write);
        }
    }

    /**
     * What made a result.
     *
     * @param wsvd wsvd's version
     * @param backend id and version of the linear algebra
     * @param java version of the Java runtime
     * @param os name, version and architecture
     * @param seed seed of anything random; 0 when nothing is
     * @param modelSha256 digest of the original model
     * @param sources what else the result follows from
     */
    public record Provenance(
            String wsvd, String backend, String java, String os, long seed, String modelSha256, Sources sources) {
        public Provenance {
            Objects.requireNonNull(sources, "sources");
        }

        /** Where nothing else is known. */
        public Provenance(String wsvd, String backend, String java, String os, long seed, String modelSha256) {
            this(wsvd, backend, java, os, seed, modelSha256, Sources.UNKNOWN);
        }

        private Provenance madeBy(String command) {
            Sources all = new Sources(sources.model, sources.calibration, sources.evaluator, Optional.of(command));
            return new Provenance(wsvd, backend, java, os, seed, modelSha256, all);
        }
    }

    /**
     * What a result follows from besides the model's digest.
     *
     * @param model file or object name of the original, for people
     * @param calibration the inputs that were learnt from
     * @param evaluator what scored models
     * @param command the command line; absent where wsvd was called from Java
     */
    public record Sources(
            Optional<String> model,
            Optional<CalibrationIdentity> calibration,
            Optional<EvaluatorIdentity> evaluator,
            Optional<String> command) {
        /** Where nothing is known. */
        public static final Sources UNKNOWN =
                new Sources(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

        public Sources {
            Objects.requireNonNull(model, "model");
            Objects.requireNonNull(calibration, "calibration");
            Objects.requireNonNull(evaluator, "evaluator");
            Objects.requireNonNull(command, "command");
        }
    }
}
