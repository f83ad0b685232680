package dev.wsvd.report;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.stats.LayerTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Layers that were split or cut: what their outputs miss, and how long they take; {@code -} where a figure is not known. */
public final class ChangedLayerTable {
    private static final double NANOS_PER_MS = 1e6;

    private record Column(String head, Function<LayerId, Optional<String>> cell) {}

    private final List<Column> columns = new ArrayList<>();

    /** Relative errors of layers' outputs, each with that layer alone compressed. */
    public ChangedLayerTable predicted(Map<LayerId, Double> errors) {
        return errors(">output error, predicted in isolation", errors);
    }

    /** Relative errors of layers' outputs in the compressed network. */
    public ChangedLayerTable measured(Map<LayerId, Double> errors) {
        return errors(">output error, measured in network", errors);
    }

    private ChangedLayerTable errors(String head, Map<LayerId, Double> errors) {
        columns.add(
                new Column(head, layer -> Optional.ofNullable(errors.get(layer)).map(Units::ratio)));
        return this;
    }

    /** How long layers take, before and after; no column where there is no such time. */
    public ChangedLayerTable times(Map<LayerId, LayerTimes> times) {
        if (!times.isEmpty()) {
            time(">latency before", times, LayerTimes::denseNs);
            if (times.values().stream().anyMatch(layer -> layer.predictedNs().isPresent())) {
                time(
                        ">predicted after",
                        times,
                        layer -> layer.predictedNs().isPresent()
                                ? layer.predictedNs().getAsDouble()
                                : null);
            }
            time(">measured after", times, LayerTimes::measuredNs);
        }
        return this;
    }

    private void time(String head, Map<LayerId, LayerTimes> times, Function<LayerTimes, Double> ns) {
        columns.add(new Column(
                head,
                layer -> Optional.ofNullable(times.get(layer)).map(ns).map(of -> Units.millis(of / NANOS_PER_MS))));
    }

    /** A row per layer with the columns that were added, in that order. */
    public Table of(List<Layer> changed) {
        Table table = new Table(
                Stream.concat(Stream.of("changed layer"), columns.stream().map(Column::head))
                        .toArray(String[]::new));
        changed.forEach(layer -> table.row(Stream.concat(
                        Stream.of(Names.layer(layer.id(), layer.path())),
                        columns.stream()
                                .map(column -> column.cell().apply(layer.id()).orElse("-")))
                .toArray(String[]::new)));
        return table;
    }
}
