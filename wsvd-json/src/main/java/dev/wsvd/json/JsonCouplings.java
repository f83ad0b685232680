package dev.wsvd.json;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.LostFusion;
import dev.wsvd.domain.layer.Siblings;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.List;
import java.util.Locale;

/** What layers have in common in JSON: units between them that can be cut, and inputs that several read. */
public final class JsonCouplings {
    private JsonCouplings() {}

    /** The text of a model's couplings, in the order given. */
    public static String toJson(
            List<Coupling> couplings,
            List<Uncoupled> uncoupled,
            List<Siblings> siblings,
            List<LostFusion> lostFusions) {
        return JsonText.of(new Content(
                JsonFormat.COUPLINGS.id(),
                JsonFormat.VERSION,
                couplings.stream().map(CouplingContent::of).toList(),
                uncoupled.stream()
                        .map(it -> new Staying(it.writers(), it.units(), it.reason()))
                        .toList(),
                siblings.stream().map(SiblingsContent::of).toList(),
                lostFusions.stream().map(LostFusionContent::of).toList()));
    }

    record Content(
            String format,
            Integer version,
            List<CouplingContent> couplings,
            List<Staying> uncoupled,
            List<SiblingsContent> siblings,
            List<LostFusionContent> lostFusions) {}

    record CouplingContent(
            LayerId name,
            String kind,
            int groups,
            int unitsPerGroup,
            List<LayerId> writtenBy,
            List<LayerId> passedOnBy,
            List<LayerId> readBy) {
        static CouplingContent of(Coupling coupling) {
            return new CouplingContent(
                    coupling.layer().id(),
                    coupling.kind().name().toLowerCase(Locale.ROOT),
                    coupling.groups(),
                    coupling.perGroup(),
                    layers(coupling, Side.WRITES),
                    layers(coupling, Side.PASSES),
                    layers(coupling, Side.READS));
        }

        private static List<LayerId> layers(Coupling coupling, Side side) {
            return coupling.slices().stream()
                    .filter(slice -> slice.side() == side)
                    .map(slice -> slice.layer().id())
                    .distinct()
                    .toList();
        }
    }

    record Staying(List<LayerId> writtenBy, int units, String reason) {}

    /** Times in ns. */
    record LostFusionContent(
            List<LayerId> couplings, List<String> operators, int rank, long before, long after, boolean faster) {
        static LostFusionContent of(LostFusion lost) {
            return new LostFusionContent(
                    lost.couplings().stream().map(it -> it.layer().id()).toList(),
                    lost.operators(),
                    lost.rank(),
                    JsonFormat.nanos(lost.beforeMs()),
                    JsonFormat.nanos(lost.afterMs()),
                    lost.faster());
        }
    }

    record SiblingsContent(LayerId name, long channels, List<LayerId> layers) {
        static SiblingsContent of(Siblings siblings) {
            return new SiblingsContent(
                    siblings.layer().id(),
                    siblings.layer().inChannels(),
                    siblings.layers().stream().map(Layer::id).toList());
        }
    }
}
