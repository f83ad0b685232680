package dev.wsvd.report;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Report of what layers have in common: units between them that can be cut, and inputs that several read.
 *
 * @param couplings what can be cut, in graph order
 * @param uncoupled units that have to stay
 * @param siblings layers that read one tensor
 */
public record CouplingReport(List<Coupling> couplings, List<Uncoupled> uncoupled, List<Siblings> siblings) {
    public CouplingReport {
        couplings = List.copyOf(couplings);
        uncoupled = List.copyOf(uncoupled);
        siblings = List.copyOf(siblings);
    }

    /** A row per coupling: the layer it is named after, its kind, how many units it has, and its layers. */
    public Table cuttable() {
        Table table = new Table("coupling", "kind", ">units", "written by", "passed on by", "read by");
        for (Coupling coupling : couplings) {
            table.row(
                    coupling.layer().id().name(),
                    coupling.kind().name().toLowerCase(Locale.ROOT),
                    coupling.groups() == 1
                            ? String.valueOf(coupling.units())
                            : coupling.groups() + "×" + coupling.perGroup(),
                    layers(coupling, Side.WRITES),
                    layers(coupling, Side.PASSES),
                    layers(coupling, Side.READS));
        }
        return table;
    }

    /** A row per set of units that have to stay: the layers that write them, and why. */
    public Table staying() {
        Table table = new Table("written by", ">units", "stays because");
        uncoupled.forEach(it -> table.row(names(it.writers()), String.valueOf(it.units()), it.reason()));
        return table;
    }

    /** A row for all siblings: the layer they are named after, and those that read the same. */
    public Table shared() {
        Table table = new Table("siblings", ">channels", "with");
        siblings.forEach(it -> table.row(
                it.layer().id().name(),
                String.valueOf(it.layer().inChannels()),
                names(it.layers().stream().skip(1).map(Layer::id).toList())));
        return table;
    }

    /** One line, without a line break. */
    public String summary() {
        return couplings.size() + (couplings.size() == 1 ? " coupling" : " couplings") + " can be cut, "
                + uncoupled.size() + " cannot"
                + (siblings.isEmpty()
                        ? ""
                        : "; " + siblings.size() + (siblings.size() == 1 ? " input is" : " inputs are")
                                + " read by siblings");
    }

    private static String layers(Coupling coupling, Side side) {
        return names(coupling.slices().stream()
                .filter(slice -> slice.side() == side)
                .map(slice -> slice.layer().id())
                .distinct()
                .toList());
    }

    private static String names(List<LayerId> layers) {
        return layers.stream().map(LayerId::name).collect(Collectors.joining(", "));
    }
}
