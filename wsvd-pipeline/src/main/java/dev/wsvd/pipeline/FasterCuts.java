package dev.wsvd.pipeline;

import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.CompressibleModel;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/**
 * Which cuts make a model faster, as far as its engine tells. MACs stand for time, so that a budgeted selection by them takes no others;
 * one by another metric takes all.
 */
final class FasterCuts {
    private static final int FEW_BLOCKS = 4;

    private final CompressibleModel<?> model;
    private final Supplier<RunProblem.Terms> terms;
    private final Consumer<String> notices;
    private final Map<Kind, List<LostFusion>> lost = new EnumMap<>(Kind.class);

    FasterCuts(CompressibleModel<?> model, Supplier<RunProblem.Terms> terms, Consumer<String> notices) {
        this.model = model;
        this.terms = terms;
        this.notices = notices;
    }

    /** Whether an option is none that changes a coupling's units, or one that makes the model faster. */
    boolean allow(Site site, Option option) {
        if (!option.isCut() || !terms.get().metric().equals(Metric.MAC)) {
            return true;
        }
        Coupling coupling = site.place().coupling().orElseThrow();
        int units = option.choice().rank();
        return (terms.get().multiples().of(site.place()) > 1 || keepsLayout(coupling, units))
                && lostFusions(coupling.kind()).stream().allMatch(fusion -> fusion.allows(coupling, units));
    }

    /**
     * A cut that leaves a broken block of channels where there was none makes the layers slower. Where there are few blocks, a MAC less is
     * worth more than that, as long as the engine keeps its layout.
     */
    private boolean keepsLayout(Coupling coupling, int units) {
        int block = most(coupling, model::channelBlock);
        return keepsWhole(coupling, units, most(coupling, model::channelAlignment))
                && (coupling.perGroup() < FEW_BLOCKS * block || keepsWhole(coupling, units, block));
    }

    private static int most(Coupling coupling, ToIntFunction<Layer> of) {
        return coupling.layers().stream().mapToInt(of).max().orElse(1);
    }

    private static boolean keepsWhole(Coupling coupling, int units, int multiple) {
        return units % multiple == 0 || coupling.perGroup() % multiple != 0;
    }

    private List<LostFusion> lostFusions(Kind kind) {
        return lost.computeIfAbsent(kind, of -> {
            List<LostFusion> told = model.lostFusions(of);
            told.forEach(fusion -> notices.accept(fusion.toString()));
            return told;
        });
    }
}
