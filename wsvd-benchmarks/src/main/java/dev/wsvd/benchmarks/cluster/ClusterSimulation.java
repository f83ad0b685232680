package dev.wsvd.benchmarks.cluster;

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
import java.util.function.IntToDoubleFunction;
import java.util.stream.Stream;

/**
 * How long exploration, calibration and factorization take on 1 to 1,000 executors, in virtual time. What is decided is decided by wsvd's own
 * selections; times of tasks are measured, given as arguments: see the README.
 */
public final class ClusterSimulation<M> {
    private static final int[] EXECUTORS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    private static final double TARGET = 0.5;

    /** An assumption: what a network passes on, in bytes per second. */
    private static final double NETWORK = 1.25e9;
    /** An assumption: what a sum of arrays takes, in bytes per second. */
    private static final double SUM = 2e9;
    /** What executors pass on at once, as {@code SharedFiles} cuts files. */
    private static final double PIECE = 64 << 20;

    private final CompressibleModel<M> model;
    private final Map<String, Double> measured;

    private ClusterSimulation(CompressibleModel<M> model, Map<String, Double> measured) {
        this.model = model;
        this.measured = measured;
    }

    /** Arguments: an ONNX model, the SVG to write, and figures such as {@code image=0.085}. Prints the seconds as a table. */
    public static void main(String[] args) throws IOException {
        Map<String, Double> measured = new LinkedHashMap<>();
        Stream.of(args)
                .skip(2)
                .map(figure -> figure.split("="))
                .forEach(pair -> measured.put(pair[0], Double.valueOf(pair[1])));
        ClusterSimulation<?> simulation = new ClusterSimulation<>(
                OpenedModel.of(Path.of(args[0]), OpenOptions.DEFAULT).model(), measured);
        Map<String, IntToDoubleFunction> runs = new LinkedHashMap<>();
        runs.put("greedy", executors -> simulation.greedy(executors, false));
        runs.put("greedy, all scores", executors -> simulation.greedy(executors, true));
        runs.put("TAR", simulation::tar);
        runs.put("calibration", simulation::calibration);
        runs.put("7 B layers", simulation::factorization);
        Map<String, double[]> seconds = new LinkedHashMap<>();
        runs.forEach((name, run) ->
                seconds.put(name, Arrays.stream(EXECUTORS).mapToDouble(run).toArray()));
        print(seconds);
        Files.writeString(Path.of(args[1]), SpeedUpPlot.svg(EXECUTORS, seconds));
    }

    private static void print(Map<String, double[]> seconds) {
        System.out.print("executors");
        seconds.keySet().forEach(name -> System.out.print(" | " + name));
        System.out.println();
        for (int i = 0; i < EXECUTORS.length; i++) {
            System.out.print(EXECUTORS[i]);
            for (double[] run : seconds.values()) {
                System.out.printf(Locale.ROOT, " | %.0f s (%.1f)", run[i], run[0] / run[i]);
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

    private Overheads overheads() {
        return new Overheads(of("dispatch"), of("result"), of("start"), of("spread"));
    }

    /** Files that all executors get, passed on piece by piece. */
    private static double broadcast(double bytes, int executors) {
        return bytes / NETWORK + Math.log(executors) / Math.log(2) * Math.min(bytes, PIECE) / NETWORK;
    }

    private double explored(int executors, CompressionParameters parameters, double evaluation) {
        SimulatedPlanEvaluator<M> simulated =
                new SimulatedPlanEvaluator<>(new VirtualCluster(executors, overheads()), evaluation, this::score);
        ModelCompressor.of(model)
                .parameters(parameters)
                .evaluator((network, iterations) -> Evaluation.of(1), 1)
                .planEvaluator(simulated)
                .plan();
        return broadcast(of("model.bytes") + of("images") * of("image.bytes"), executors) + simulated.makespan();
    }

    private double greedy(int executors, boolean all) {
        return explored(
                executors,
                CompressionParameters.of(new GreedySelector(GreedySelectionParameters.of(CompressionRatio.of(TARGET))
                        .withAllScores(all))),
                of("open") + of("images") * of("image"));
    }

    private double tar(int executors) {
        return explored(executors, CompressionParameters.tar(TARGET), of("open") + of("images") * of("image"));
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

    /** As many parts as executors; their sums are added two by two. */
    private double calibration(int executors) {
        double part = of("calibration.images") / executors * of("calibration.image");
        double makespan = new VirtualCluster(executors, overheads()).makespan(equal(executors, part));
        double merge = of("moments.bytes") / NETWORK + of("moments.bytes") / SUM;
        return broadcast(of("model.bytes"), executors)
                + makespan
                + Math.ceil(Math.log(executors) / Math.log(2)) * merge;
    }

    private double factorization(int executors) {
        Deque<Double> tasks = new ArrayDeque<>();
        for (int layer = 0; layer < 32; layer++) {
            // Queries, keys, values and their output; gate, up and down.
            tasks.addAll(List.of(
                    of("square"), of("square"), of("square"), of("square"), of("wide"), of("wide"), of("wide")));
        }
        double result = of("factors.bytes") / NETWORK;
        Overheads overheads = new Overheads(of("dispatch"), of("result") + result, of("start"), of("spread"));
        return broadcast(of("decoder.bytes"), executors)
                + new VirtualCluster(executors, overheads).makespan(listed(tasks));
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
