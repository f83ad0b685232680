package dev.wsvd.pipeline;

import dev.wsvd.domain.Layer;
import dev.wsvd.domain.RankDecision.Split;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;

/**
 * How much an error of a layer's output does to the model's: the divergence of the model's outputs over the share missed, with
 * that layer alone split so that it misses about a tenth, on the calibration inputs. Without them all layers weigh the same.
 */
final class Sensitivities<M> {
    /** What the split misses that a layer is measured with. */
    private static final double MEASURED_AT = 0.1;

    private final RunContext<M> run;
    private final ToDoubleBiFunction<Layer, Split> missing;
    private final Map<Layer, String> unmeasured = new LinkedHashMap<>();

    /** @param missing the share of a layer's output that a split misses */
    Sensitivities(RunContext<M> run, ToDoubleBiFunction<Layer, Split> missing) {
        this.run = run;
        this.missing = missing;
    }

    /**
     * The sensitivity of every layer. One that cannot be measured counts as the largest that can, with a notice.
     *
     * @param splits what could be done to each layer, decomposed
     */
    Map<Layer, Double> of(Map<Layer, List<Split>> splits) {
        Map<Layer, OptionalDouble> measured = new LinkedHashMap<>();
        run.progress().started(Stage.DECOMPOSE, splits.size());
        splits.forEach((layer, possible) -> {
            measured.put(layer, possible.isEmpty() ? OptionalDouble.empty() : measure(layer, possible));
            run.progress()
                    .advanced(
                            Stage.DECOMPOSE,
                            measured.size(),
                            splits.size(),
                            layer.id().name(),
                            OptionalDouble.empty());
        });
        run.progress().finished(Stage.DECOMPOSE);
        OptionalDouble largest = measured.values().stream()
                .flatMapToDouble(OptionalDouble::stream)
                .max();
        notice(largest.isPresent()).ifPresent(run.progress()::notice);
        Map<Layer, Double> all = new LinkedHashMap<>();
        measured.forEach((layer, sensitivity) -> all.put(layer, sensitivity.orElse(largest.orElse(1))));
        return all;
    }

    private OptionalDouble measure(Layer layer, List<Split> splits) {
        // First, so that calibrating does not count as decomposing.
        run.calibrated().moments(layer.id());
        decompose(layer, splits);
        if (!run.calibrated().hasInputs()) {
            if (run.calibrated().hasMoments()) {
                unmeasured.put(layer, "there are moments, and no inputs to run.");
            }
            return OptionalDouble.empty();
        }
        Optional<Split> split = splits.stream()
                .filter(it -> missing.applyAsDouble(layer, it) > 0)
                .min(Comparator.comparingDouble(
                        it -> Math.abs(Math.log(missing.applyAsDouble(layer, it) / MEASURED_AT))));
        // Where no split misses anything every sensitivity gives the same losses.
        return split.isEmpty() ? OptionalDouble.of(0) : measure(layer, split.get());
    }

    private void decompose(Layer layer, List<Split> splits) {
        splits.stream()
                .collect(Collectors.toMap(Split::unfolding, Split::rank, Math::max))
                .forEach((unfolding, rank) -> run.stopwatch()
                        .time(Stage.DECOMPOSE, () -> run.factors().factors(layer, unfolding, rank)));
    }

    private OptionalDouble measure(Layer layer, Split split) {
        try {
            double divergence =
                    run.calibrated().divergence(List.of(run.factors().at(layer, split)));
            if (Double.isFinite(divergence)) {
                return OptionalDouble.of(Math.max(0, divergence) / missing.applyAsDouble(layer, split));
            }
            unmeasured.put(layer, "the outputs cannot be compared.");
        } catch (EngineLostException | InvalidInputException e) {
            // It would be the same for every other layer.
            throw e;
        } catch (WsvdException e) {
            unmeasured.put(layer, e.getMessage());
        }
        return OptionalDouble.empty();
    }

    private Optional<String> notice(boolean someAreMeasured) {
        return unmeasured.entrySet().stream().findFirst().map(first -> {
            String name = "'" + first.getKey().id() + "'";
            return "The sensitivity of "
                    + (unmeasured.size() == 1 ? "layer " + name : unmeasured.size() + " layers, such as " + name + ",")
                    + " could not be measured; "
                    + (someAreMeasured ? "the largest of the others is taken: " : "all layers weigh the same: ")
                    + first.getValue();
        });
    }
}
