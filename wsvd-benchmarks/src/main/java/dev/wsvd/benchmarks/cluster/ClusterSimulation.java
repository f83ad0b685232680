package dev.wsvd.benchmarks.cluster;

import dev.wsvd.benchmarks.cluster.VirtualCluster.Deaths;
import dev.wsvd.benchmarks.cluster.VirtualCluster.Overheads;
import dev.wsvd.benchmarks.cluster.VirtualCluster.Tasks;
import dev.wsvd.domain.cost.CompressionRatio;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.pipeline.CompressionParameters;
import dev.wsvd.pipeline.ModelCompressor;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.selection.GreedySelectionParameters;
import dev.wsvd.selection.GreedySelector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How long exploration, calibration and factorization take on 1 to 1,000 executors, in virtual time. What is decided is decided by wsvd's own
 * selections; times of tasks are measured, given as arguments: see the README.
 */
public final class ClusterSimulation<M> {
    private static final int[] EXECUTORS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    private static final double TARGET = 0.5;
    private static final int[] MANY_EXECUTORS = {100, 1000};
    /** Where executors die, the median of as many runs. */
    private static final int RUNS = 11;

    /** An assumption: what a network passes on, in bytes per second. */
    private static final double NETWORK = 1.25e9;
    /** An assumption: what a sum of arrays takes, in bytes per second. */
    private static final double SUM = 2e9;
    /** What executors pass on at once, as {@code SharedFiles} cuts files. */
    private static final double PIECE = 64 << 20;

    private interface Run {
        double seconds(int executors, Deaths deaths);
    }

    private final CompressibleModel<M> model;
    private final Map<String, Double> measured;

    private ClusterSimulation(CompressibleModel<M> model, Map<String, Double> measured) {
        this.model = model;
        this.measured = measured;
    }

    /**
     * Arguments: an ONNX model, the SVG to write, and figures such as {@code image=0.085}. Prints the seconds as a table, and another one where
     * executors die, if the figure {@code life} is given.
     */
    public static void main(String[] args) throws IOException {
        Map<String, Double> measured = new LinkedHashMap<>();
        Stream.of(args)
                .skip(2)
                .map(figure -> figure.split("="))
                .forEach(pair -> measured.put(pair[0], Double.valueOf(pair[1])));
        ClusterSimulation<?> simulation = new ClusterSimulation<>(
                OpenedModel.of(Path.of(args[0]), OpenOptions.DEFAULT).model(), measured);
        Map<String, Run> runs = simulation.runs();
        Map<String, double[]> seconds = table(runs, EXECUTORS, (run, executors) -> run.seconds(executors, Deaths.NONE));
        print(EXECUTORS, seconds);
        Files.writeString(Path.of(args[1]), SpeedUpPlot.svg(EXECUTORS, seconds));
        if (measured.containsKey("life")) {
            System.out.println();
            runs.put(
                    "calibration, sums lost",
                    (executors, deaths) -> simulation.calibration(executors, deaths.withResults()));
            print(MANY_EXECUTORS, table(runs, MANY_EXECUTORS, simulation::dying));
        }
    }

    private static Map<String, double[]> table(
            Map<String, Run> runs, int[] executors, ToDoubleBiFunction<Run, Integer> seconds) {
        Map<String, double[]> table = new LinkedHashMap<>();
        runs.forEach((name, run) -> table.put(
                name,
                Arrays.stream(executors)
                        .mapToDouble(some -> seconds.applyAsDouble(run, some))
                        .toArray()));
        return table;
    }

    private static void print(int[] executors, Map<String, double[]> seconds) {
        System.out.print("executors");
        seconds.keySet().forEach(name -> System.out.print(" | " + name));
        System.out.println();
        for (int i = 0; i < executors.length; i++) {
            System.out.print(executors[i]);
            for (double[] run : seconds.values()) {
                System.out.printf(Locale.ROOT, " | %.0f s", run[i]);
            }
            System.out.println();
        }
    }

    private double of(String figure) {
        Double value = measured.get(figure);
        if (value == null) {
            throw new IllegalArgumentException("The figure '" + figure + "' is not given.");
        }
        return value;
    }

    private Map<String, Run> runs() {
        int all = plans(greedy(true));
        int tar = plans(CompressionParameters.tar(TARGET));
        Map<String, Run> runs = new LinkedHashMap<>();
        runs.put("greedy", this::greedy);
        runs.put("greedy, all scores", (executors, deaths) -> atOnce(all, executors, deaths));
        runs.put("TAR", (executors, deaths) -> atOnce(tar, executors, deaths));
        runs.put("calibration", this::calibration);
        runs.put("7 B layers", this::factorization);
        return runs;
    }

    private double dying(Run run, int executors) {
        return IntStream.range(0, RUNS)
                .mapToDouble(seed ->
                        run.seconds(executors, new Deaths(of("life"), of("noticed"), of("replaced"), false, seed)))
                .sorted()
                .toArray()[RUNS / 2];
    }

    /** @param bytes of files that an executor gets before its first task */
    private Overheads overheads(double bytes, int executors, Deaths deaths) {
        return new Overheads(
                of("dispatch"), of("result"), of("start") + broadcast(bytes, executors), of("spread"), deaths);
    }

    /** Files that all executors get, passed on piece by piece. */
    private static double broadcast(double bytes, int executors) {
        return bytes / NETWORK + Math.log(executors) / Math.log(2) * Math.min(bytes, PIECE) / NETWORK;
    }

    private VirtualCluster evaluating(int executors, Deaths deaths) {
        return new VirtualCluster(
                executors, overheads(of("model.bytes") + of("images") * of("image.bytes"), executors, deaths));
    }

    private double evaluation() {
        return of("open") + of("images") * of("image");
    }

    private SimulatedPlanEvaluator<M> explored(VirtualCluster cluster, CompressionParameters parameters) {
        SimulatedPlanEvaluator<M> simulated = new SimulatedPlanEvaluator<>(cluster, evaluation(), this::score);
        ModelCompressor.of(model)
                .parameters(parameters)
                .evaluator((network, iterations) -> Evaluation.of(1), 1)
                .planEvaluator(simulated)
                .plan();
        return simulated;
    }

    /** The driver evaluates the original, then executors the networks. */
    private double greedy(int executors, Deaths deaths) {
        return evaluation()
                + explored(evaluating(executors, deaths), greedy(false)).makespan();
    }

    private static CompressionParameters greedy(boolean all) {
        return CompressionParameters.of(new GreedySelector(
                GreedySelectionParameters.of(CompressionRatio.of(TARGET)).withAllScores(all)));
    }

    /** How many plans a selection evaluates that does not wait for scores. */
    private int plans(CompressionParameters parameters) {
        return explored(new VirtualCluster(1, Overheads.NONE), parameters).evaluations();
    }

    private double atOnce(int plans, int executors, Deaths deaths) {
        return evaluation() + evaluating(executors, deaths).makespan(equal(plans, evaluation()));
    }

    /** A model of scores: each layer loses by what is left out of it, squared, times a weight of its own between 0.001 and 1. */
    private double score(Plan plan) {
        double lost = 0;
        for (LayerId layer : plan.changes().keySet()) {
            double weight = Math.pow(10, -3 * new Random(layer.name().hashCode()).nextDouble());
            double full = model.layers().stream()
                    .filter(it -> it.id().equals(layer))
                    .mapToDouble(it -> Math.min(
                            it.weight().out(),
                            it.weight().inPerGroup() * (double) it.weight().kernelSize()))
                    .findFirst()
                    .orElseThrow();
            double left = plan.changes().get(layer).sizes().get(0) / full;
            lost += weight * (1 - Math.min(1, left)) * (1 - Math.min(1, left));
        }
        return 1 - lost;
    }

    /**
     * As many parts on any cluster. As {@code SparkCalibration} does it, about √n places add up about √n parts each, and then layers by layers
     * the driver has these sums added. Sums stay with their executors until all are there.
     */
    private double calibration(int executors, Deaths deaths) {
        int parts = (int) of("calibration.parts");
        double part = of("calibration.images") / parts * of("calibration.image");
        double makespan = new VirtualCluster(executors, overheads(of("model.bytes"), executors, deaths))
                .makespan(equal(parts, part));
        double each = Math.ceil(Math.sqrt(parts));
        double places = Math.ceil(parts / each);
        double merge = of("moments.bytes") / NETWORK + of("moments.bytes") / SUM;
        double added = Math.ceil(places / executors) * each * merge + places * merge;
        return makespan + added + of("moments.bytes") / NETWORK;
    }

    private double factorization(int executors, Deaths deaths) {
        Deque<Double> tasks = new ArrayDeque<>();
        for (int layer = 0; layer < 32; layer++) {
            // Queries, keys, values and their output; gate, up and down.
            tasks.addAll(List.of(
                    of("square"), of("square"), of("square"), of("square"), of("wide"), of("wide"), of("wide")));
        }
        Overheads overheads = overheads(of("decoder.bytes"), executors, deaths);
        double result = overheads.result() + of("factors.bytes") / NETWORK;
        return new VirtualCluster(
                        executors,
                        new Overheads(overheads.dispatch(), result, overheads.start(), overheads.spread(), deaths))
                .makespan(listed(tasks));
    }

    private static Tasks<Double> equal(int count, double seconds) {
        Deque<Double> tasks = new ArrayDeque<>();
        for (int i = 0; i < count; i++) {
            tasks.add(seconds);
        }
        return listed(tasks);
    }

    private static Tasks<Double> listed(Deque<Double> left) {
        return new Tasks<>() {
            @Override
            public Optional<Double> next() {
                return Optional.ofNullable(left.poll());
            }

            @Override
            public double seconds(Double task) {
                return task;
            }

            @Override
            public void done(Double task) {}
        };
    }
}
