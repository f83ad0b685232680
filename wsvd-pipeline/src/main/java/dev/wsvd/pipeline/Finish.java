package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import dev.wsvd.quantization.Int8Scheme;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What is made of a network once its layers are replaced: one in int8, if that is wanted. Networks that it is given are closed, or given back. */
final class Finish<M> {
    private final Run<M> run;
    private final Optional<Int8<M>> int8;

    Finish(Run<M> run, Optional<Int8<M>> int8) {
        this.run = run;
        this.int8 = int8;
    }

    boolean isInt8() {
        return int8.isPresent();
    }

    /** What a plan changes, and which other layers are in int8: those that this run does not ignore, where a plan does not say it. */
    Map<LayerId, Choice> changes(Plan plan) {
        Map<LayerId, Choice> changes = new LinkedHashMap<>(plan.changes());
        int8.filter(it -> !it.isChosen())
                .ifPresent(it -> run.layers().stream()
                        .map(Layer::id)
                        .filter(it.layers()::contains)
                        .forEach(layer -> changes.putIfAbsent(layer, Int8Scheme.CHOICE)));
        return changes;
    }

    /** The network after a plan, as it is handed over. */
    CompressibleModel<M> tuned(CompressibleModel<M> inFloat, Plan plan) {
        if (int8.isEmpty()) {
            return inFloat;
        }
        return run.progress()
                .step(
                        Stage.FINISH,
                        "the network in int8",
                        run.workload().finishing(),
                        () -> int8.get()
                                .tuned(inFloat, changed(plan), run.progress().within()));
    }

    /** A network of the same shapes after a plan, to be timed: in int8 where bits are chosen; else what ranks do is timed apart from that. */
    CompressibleModel<M> untuned(CompressibleModel<M> inFloat, Plan plan) {
        return int8.filter(Int8::isChosen)
                .map(it -> it.untuned(inFloat, changed(plan)))
                .orElse(inFloat);
    }

    /** The same where all layers are changed that can be. */
    CompressibleModel<M> untuned(CompressibleModel<M> inFloat) {
        return int8.filter(Int8::isChosen)
                .map(it -> it.untuned(inFloat, it.layers()))
                .orElse(inFloat);
    }

    private Set<LayerId> changed(Plan plan) {
        Set<LayerId> changed = new HashSet<>();
        run.places()
                .forEach(place -> Optional.ofNullable(plan.changes().get(place.id()))
                        .ifPresent(choice -> changed.addAll(
                                run.schemes().blueprint(place, choice).layers())));
        return changed;
    }
}
