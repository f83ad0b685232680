package dev.wsvd.factorization;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.linalg.LinearAlgebra;
import dev.wsvd.domain.plan.Blueprint;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Factors;
import dev.wsvd.domain.spi.CompressionScheme;
import dev.wsvd.domain.spi.LayerKnowledge;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Leaves out units between layers that only channel-wise work separates, and fits the layers that read them to their outputs again:
 * no layer is added, those on both sides get smaller.
 *
 * <p>Units go one after the other, each the one with which the outputs of all readers lose least, each reader's relative to its energy
 * and after a refit ({@link ConditionalLosses}; where a unit has several patch elements, by the mean of their covariances). One order
 * serves all sizes. Above {@value UnitReader#LARGEST_CONDITIONAL} units, and where nothing is known of a reader's inputs, a unit counts
 * C_jj ‖W_:j‖², whatever else is there. The refit is that of {@link RefittedReader}; without moments remaining weights stay.
 *
 * <p>Y. He, X. Zhang, J. Sun, "Channel pruning for accelerating very deep neural networks", ICCV 2017, with backward elimination for its
 * LASSO.
 */
public final class ChannelPruning implements CompressionScheme {
    private static final CutForm FORM =
            new CutForm("channel-pruning", Kind.CHANNELS, "units", "group", "channels between layers");

    @Override
    public String id() {
        return FORM.id();
    }

    @Override
    public List<Choice> choices(Place place, String form, int multiple) {
        return FORM.choices(place, multiple);
    }

    @Override
    public Blueprint blueprint(Place place, Choice choice) {
        return FORM.blueprint(place, choice);
    }

    @Override
    public String size(Place place, Choice choice) {
        return FORM.size(place, choice);
    }

    @Override
    public Factors factor(Place place, LayerKnowledge known, Choice largest, LinearAlgebra linearAlgebra) {
        Coupling coupling = FORM.require(place, largest);
        List<UnitReader> readers = ReadChannels.of(coupling).stream()
                .map(channels -> UnitReader.of(channels, known, linearAlgebra))
                .toList();
        int[] order = UnitLosses.order(readers.stream().map(UnitReader::losses).toList(), coupling.units());
        Map<Layer, ReaderFit> fits = new LinkedHashMap<>();
        readers.forEach(reader -> fits.put(reader.layer(), reader.fit(order)));
        return new PrunedFactors(FORM, coupling, order, fits);
    }
}
