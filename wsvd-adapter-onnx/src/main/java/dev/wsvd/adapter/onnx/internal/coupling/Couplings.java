package dev.wsvd.adapter.onnx.internal.coupling;

import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Kind;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** All couplings of a graph, each named after another layer. */
public final class Couplings {
    private Couplings() {}

    /** What all finders find. A coupling for which no layer is left to name it has to stay. */
    public static Findings of(CouplingGraph graph) {
        Set<LayerId> taken = new HashSet<>();
        List<FoundCoupling> named = new ArrayList<>();
        List<Uncoupled> uncoupled = new ArrayList<>();
        Findings channels = new ChannelFinder().find(graph);
        Findings attention = new AttentionFinder().find(graph);
        for (Findings findings : List.of(withoutHeads(channels, attention), attention)) {
            uncoupled.addAll(findings.uncoupled());
            for (FoundCoupling found : findings.couplings()) {
                Coupling coupling = found.coupling();
                Optional<Layer> name = candidates(coupling)
                        .filter(layer -> taken.add(layer.id()))
                        .findFirst();
                if (name.isPresent()) {
                    named.add(new FoundCoupling(
                            new Coupling(
                                    name.get(),
                                    coupling.kind(),
                                    coupling.groups(),
                                    coupling.perGroup(),
                                    coupling.slices()),
                            found.edits()));
                } else {
                    uncoupled.add(new Uncoupled(
                            coupling.writers().stream()
                                    .map(writer -> writer.layer().id())
                                    .toList(),
                            coupling.units(),
                            "other couplings are named after all of their layers"));
                }
            }
        }
        return new Findings(named, uncoupled);
    }

    /** Of channels that are followed into heads the reasons do not count for which they are no channels there. */
    private static Findings withoutHeads(Findings channels, Findings attention) {
        Set<LayerId> heads = new HashSet<>();
        attention.couplings().stream()
                .flatMap(found -> found.coupling().writers().stream())
                .forEach(writer -> heads.add(writer.layer().id()));
        attention.uncoupled().forEach(of -> heads.addAll(of.writers()));
        return new Findings(
                channels.couplings(),
                channels.uncoupled().stream()
                        .filter(of -> of.writers().isEmpty() || !heads.containsAll(of.writers()))
                        .toList());
    }

    private static Stream<Layer> candidates(Coupling coupling) {
        Stream<Slice> readers = coupling.readers().stream();
        Stream<Slice> writers = coupling.writers().stream();
        Stream<Slice> inOrder =
                coupling.kind() == Kind.SCORES ? Stream.concat(writers, readers) : Stream.concat(readers, writers);
        return inOrder.map(Slice::layer);
    }
}
