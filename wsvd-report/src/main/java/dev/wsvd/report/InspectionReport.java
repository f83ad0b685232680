package dev.wsvd.report;

import dev.wsvd.domain.cost.Cost;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.json.JsonInspection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Report of a model before compression: its layers, what they cost, and which of them can be split. */
public final class InspectionReport {
    private final List<JsonInspection.Row> rows;
    private final OptionalLong parameters;
    private final Cost total;

    private InspectionReport(List<JsonInspection.Row> rows, OptionalLong parameters) {
        this.rows = rows;
        this.parameters = parameters;
        this.total =
                rows.stream().map(JsonInspection.Row::cost).reduce(Cost::plus).orElse(Cost.of(0, 0));
    }

    /**
     * The report of a model.
     *
     * @param rows the model's layers, in graph order
     * @param parameters how many the model stores, in these layers and elsewhere, if that is known
     * @throws ArithmeticException if the sum of the layers' costs does not fit in 63 bits
     */
    public static InspectionReport of(List<JsonInspection.Row> rows, OptionalLong parameters) {
        return new InspectionReport(List.copyOf(rows), parameters);
    }

    /**
     * A row per layer: its kind and groups, the shapes of its weight and of its output without the batch, MACs per sample and
     * their share of the whole, parameters, the largest ranks that lower them, and why the layer is not split if so.
     */
    public Table layers() {
        Table table = new Table("layer", "kind", "weight", "output", ">MAC", ">share", ">params", ">max rank", "note");
        for (JsonInspection.Row row : rows) {
            Layer layer = row.layer();
            table.row(
                    Names.layer(layer.id(), layer.path()),
                    layer.groups() == 1 ? layer.kind() : layer.kind() + "/" + layer.groups(),
                    layer.weight().toString(),
                    shape(layer.outputShape()),
                    Units.cost(Metric.MAC, row.cost().of(Metric.MAC)),
                    total.of(Metric.MAC) == 0 ? "" : Units.percent(row.cost().ratioTo(total, Metric.MAC)),
                    Units.cost(Metric.MEMORY, row.cost().of(Metric.MEMORY)),
                    row.largest().map(InspectionReport::sizes).orElse("-"),
                    row.reason().orElse(""));
        }
        return table;
    }

    /** One line, without a line break: how many layers there are, how many can be split, and what they cost together. */
    public String summary() {
        long splittable = rows.stream().filter(row -> row.reason().isEmpty()).count();
        return String.format(
                Locale.ROOT,
                "%d %s, %d can be split: %s, %s params%s",
                rows.size(),
                rows.size() == 1 ? "layer" : "layers",
                splittable,
                Units.cost(Metric.MAC, total.of(Metric.MAC)),
                Units.cost(Metric.MEMORY, total.of(Metric.MEMORY)),
                parameters.isPresent() ? "; the model stores " + Units.count(parameters.getAsLong()) : "");
    }

    private static String sizes(Choice choice) {
        return choice.sizes().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private static String shape(List<Long> dims) {
        return dims.isEmpty()
                ? "unknown"
                : dims.stream().skip(1).map(String::valueOf).collect(Collectors.joining("×"));
    }
}
