package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The first units in an order, and their readers fitted to them. */
final class PrunedFactors implements Factors {
    private final CutForm form;
    private final Coupling coupling;
    private final int[] order;
    private final Map<Layer, ReaderFit> readers;

    PrunedFactors(CutForm form, Coupling coupling, int[] order, Map<Layer, ReaderFit> readers) {
        this.form = form;
        this.coupling = coupling;
        this.order = order;
        this.readers = readers;
    }

    @Override
    public boolean covers(Choice choice) {
        return form.covers(coupling, choice);
    }

    /** √ of the mean over the layers that read the units. */
    @Override
    public double error(Choice choice) {
        int units = choice.rank();
        return Math.sqrt(readers.values().stream()
                .mapToDouble(reader -> reader.missing(units))
                .average()
                .orElse(0));
    }

    @Override
    public Replacement at(Choice choice) {
        form.requireCovered(coupling, choice);
        int units = choice.rank();
        List<Integer> kept = Arrays.stream(order).limit(units).sorted().boxed().toList();
        Map<Layer, List<Stage>> stages = new LinkedHashMap<>();
        readers.forEach((layer, reader) -> stages.put(layer, List.of(reader.stage(units))));
        return new Replacement(choice, stages, Optional.of(new Cut(coupling, kept, List.of())), error(choice));
    }
}
