package dev.wsvd.report;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import java.util.List;
import java.util.Map;

/** Relative output errors of layers that were split or cut; {@code -} where one is not known. */
public final class OutputErrorTable {
    private static final String LAYER = "changed layer";
    private static final String PREDICTED = ">output error, predicted in isolation";
    private static final String MEASURED = ">output error, measured in network";

    private OutputErrorTable() {}

    /**
     * A row per layer.
     *
     * @param changed the layers that were split or cut
     * @param measured relative error of a layer's outputs in the compressed network
     */
    public static Table of(List<Layer> changed, Map<LayerId, Double> measured) {
        Table table = new Table(LAYER, MEASURED);
        changed.forEach(layer -> table.row(Names.layer(layer.id(), layer.path()), error(measured, layer)));
        return table;
    }

    /**
     * A row per layer with what was predicted beside what was measured.
     *
     * @param changed the layers that were split or cut
     * @param predicted relative error of a layer's outputs with that layer alone compressed
     * @param measured relative error of a layer's outputs in the compressed network
     */
    public static Table of(List<Layer> changed, Map<LayerId, Double> predicted, Map<LayerId, Double> measured) {
        Table table = new Table(LAYER, PREDICTED, MEASURED);
        changed.forEach(layer ->
                table.row(Names.layer(layer.id(), layer.path()), error(predicted, layer), error(measured, layer)));
        return table;
    }

    private static String error(Map<LayerId, Double> errors, Layer layer) {
        Double error = errors.get(layer.id());
        return error == null ? "-" : Units.ratio(error);
    }
}
