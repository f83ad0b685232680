package dev.wsvd.cli;

import dev.wsvd.calibration.OutputErrors;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.ProgressEvent;
import dev.wsvd.domain.spi.Stopwatch;
import dev.wsvd.domain.spi.TimingConditions;
import dev.wsvd.domain.stats.LayerTimes;
import dev.wsvd.json.StatsFile;
import dev.wsvd.pipeline.LayerComparison;
import dev.wsvd.pipeline.OpenedModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Times the layers of two models that were opened from files, where their format has an engine that tells. */
final class LayerTiming {
    private final ConditionArguments arguments;
    private final Optional<StatsFile> report;
    private final Console console;

    /** @param report what compress wrote: models are timed as it did, unless arguments say otherwise */
    LayerTiming(ConditionArguments arguments, Optional<StatsFile> report, Console console) {
        this.arguments = arguments;
        this.report = report;
        this.console = console;
    }

    private TimingConditions conditions() {
        return arguments.or(report.flatMap(StatsFile::timing).orElse(TimingConditions.DEFAULT));
    }

    /** Refuses options that would do nothing with a model. */
    void requireUsed(OpenedModel<?> first) {
        if (!arguments.given().isEmpty()) {
            try (Stopwatch watch = first.model().stopwatch(conditions()).orElse(null)) {
                if (watch == null) {
                    arguments
                            .given()
                            .refuse("The layers of '" + first.model().identity().name() + "' cannot be timed");
                }
            }
        }
    }

    /** Tells of options that do nothing, where no layer was split or cut. */
    void tellUnused() {
        if (!arguments.given().isEmpty()) {
            console.progress()
                    .onEvent(new ProgressEvent.Notice(
                            "No layer is timed in spite of " + arguments.given().names() + ": none was split or cut."));
        }
    }

    /** By layer of the original; empty if they cannot be timed. What else was compared is worth having without these. */
    <M> Map<LayerId, LayerTimes> of(OpenedModel<M> first, OpenedModel<M> second, Activations<M> inputs) {
        TimingConditions conditions = conditions();
        try (Stopwatch before = first.model().stopwatch(conditions).orElse(null);
                Stopwatch after = second.model().stopwatch(conditions).orElse(null)) {
            if (before == null || after == null) {
                return Map.of();
            }
            Map<LayerId, List<LayerId>> stages = OutputErrors.stages(inputs, first.model(), second.model());
            return withPredicted(
                    LayerComparison.of(before, after, layer -> stages.getOrDefault(layer, List.of(layer)))
                            .layers(),
                    conditions);
        } catch (EngineLostException e) {
            throw e;
        } catch (WsvdException e) {
            console.progress()
                    .onEvent(new ProgressEvent.Notice("The times of layers are not measured: " + e.getMessage()));
            return Map.of();
        }
    }

    /** What was predicted for other conditions is left out. */
    private Map<LayerId, LayerTimes> withPredicted(Map<LayerId, LayerTimes> measured, TimingConditions conditions) {
        Map<LayerId, Double> predicted = report.filter(read -> read.timing().equals(Optional.of(conditions)))
                .map(StatsFile::predictedNs)
                .orElse(Map.of());
        Map<LayerId, LayerTimes> times = new LinkedHashMap<>(measured);
        times.replaceAll(
                (layer, time) -> predicted.containsKey(layer) ? time.withPredicted(predicted.get(layer)) : time);
        return times;
    }
}
