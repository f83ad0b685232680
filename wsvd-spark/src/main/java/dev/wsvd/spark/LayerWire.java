package dev.wsvd.spark;

import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.LayerTask;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A layer's task on its way to an executor, and what comes back.
 *
 * @param choices whose error is wanted, by their sizes; of stages the one that is wanted
 */
record LayerWire(Kind kind, String layer, String form, List<List<Integer>> choices, List<Integer> upTo)
        implements Serializable {
    /** What is wanted. */
    enum Kind {
        ERRORS,
        QUICK,
        REFINED
    }

    /**
     * What is known of a layer.
     *
     * @param errors in the order of the choices; null if stages were wanted
     * @param factored whether factors were made to tell them
     * @param stages null if errors were wanted
     */
    record Result(double[] errors, boolean factored, StagesWire stages) implements Serializable {}

    static LayerWire of(LayerTask task) {
        if (task instanceof LayerTask.Errors wanted) {
            return of(Kind.ERRORS, task, wanted.choices());
        }
        LayerTask.Stages wanted = (LayerTask.Stages) task;
        return of(wanted.refined() ? Kind.REFINED : Kind.QUICK, task, List.of(wanted.choice()));
    }

    private static LayerWire of(Kind kind, LayerTask task, List<Choice> choices) {
        List<List<Integer>> sizes = new ArrayList<>();
        choices.forEach(choice -> sizes.add(new ArrayList<>(choice.sizes())));
        return new LayerWire(
                kind,
                task.layer().name(),
                task.upTo().form(),
                sizes,
                new ArrayList<>(task.upTo().sizes()));
    }

    /** What it is on an executor. */
    LayerTask task() {
        LayerId id = new LayerId(layer);
        Choice largest = new Choice(form, upTo);
        return kind == Kind.ERRORS
                ? new LayerTask.Errors(id, wanted(), largest)
                : new LayerTask.Stages(id, wanted().get(0), largest, kind == Kind.REFINED);
    }

    private List<Choice> wanted() {
        return choices.stream().map(sizes -> new Choice(form, sizes)).toList();
    }

    /** A result on its way back. */
    Result sent(LayerTask.Result made) {
        if (made instanceof LayerTask.Missed missed) {
            return new Result(
                    wanted().stream().mapToDouble(missed.errors()::get).toArray(), missed.factored(), null);
        }
        return new Result(null, false, StagesWire.of(((LayerTask.Made) made).replacement()));
    }

    /**
     * A result that has arrived.
     *
     * @param original whose layers it is about
     */
    LayerTask.Result arrived(Result result, CompressibleModel<?> original) {
        if (kind != Kind.ERRORS) {
            return new LayerTask.Made(result.stages().replacement(wanted().get(0), new LayerId(layer), original));
        }
        Map<Choice, Double> errors = new LinkedHashMap<>();
        for (int i = 0; i < choices.size(); i++) {
            errors.put(wanted().get(i), result.errors()[i]);
        }
        return new LayerTask.Missed(errors, result.factored());
    }

    /** For people. */
    String described() {
        return layer + " " + form + (kind == Kind.ERRORS ? "" : " " + choices.get(0));
    }
}
