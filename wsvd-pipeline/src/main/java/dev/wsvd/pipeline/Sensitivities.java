package dev.wsvd.pipeline;

import dev.wsvd.calibration.Divergence;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.WeighedChange;
import dev.wsvd.domain.moments.WeighedChange.Kind;
import dev.wsvd.domain.plan.Candidate;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Option;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Site;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/**
 * How much an error of a layer's output does to the model's: the divergence of the model's outputs on the calibration inputs with that
 * layer alone replaced, so that the squared relative error of its output is about a tenth. Large errors may do more than their share;
 * where layers behind are not fitted to what they get then, that is measured for about four tenths too. Without inputs, and where
 * the network does not fit into memory, all layers weigh the same.
 */
final class Sensitivities<M> {
    /** Squared relative output errors of the options that a layer is measured with, about. */
    private static final List<Double> LEVELS = List.of(0.1, 0.4);

    /** Factor between errors below which a second one tells nothing more. */
    private static final double NEAR = 1.5;

    /** MACs that weighing all layers may take, about: some seconds of one core. */
    private static final double MACS = 2e11;

    private static final int FEWEST_SAMPLES = 12;

    private final Run<M> run;
    private final ToDoubleBiFunction<Site, Option> missing;
    private final Map<LayerId, String> unmeasured = new LinkedHashMap<>();
    /** What was made elsewhere to measure layers with. */
    private final Map<Candidate, Replacement> made = new HashMap<>();

    /**
     * Options of one kind at a site.
     *
     * @param first the first layer that they change
     */
    private record Task(Site site, List<Option> options, LayerId first) {
        WeighedChange change() {
            return change(site, options.get(0));
        }

        /** What is measured together: changes of the same layers, of one kind. */
        static WeighedChange change(Site site, Option option) {
            Kind several = option.isCut() ? Kind.CUT : Kind.SIBLINGS;
            return new WeighedChange(site.id(), option.isAlone() ? Kind.LAYER : several);
        }
    }

    /** @param missing the squared relative output error of an option */
    Sensitivities(Run<M> run, ToDoubleBiFunction<Site, Option> missing) {
        this.run = run;
        this.missing = missing;
    }

    /**
     * What every option does to the outputs. All layers are decomposed for their options. Where that cannot be measured a layer counts as the one
     * that does most for its error, with a notice.
     */
    ToDoubleBiFunction<Site, Option> losses(Map<Site, List<Option>> options) {
        List<Task> tasks = tasks(options);
        Map<WeighedChange, LossCurve> measured;
        if (!run.factorization().isHere()) {
            run.decomposed(bySite(tasks));
        }
        if (run.calibrated().hasInputs() && run.model().runsWhole()) {
            int samples = samples(tasks.stream()
                    .mapToDouble(task -> run.workload().macsFrom(task.first()))
                    .sum());
            try (Divergence<M> divergence = run.calibrated().divergence(samples);
                    KeptStages kept = new KeptStages()) {
                makeElsewhere(tasks, kept);
                measured = measured(
                        tasks,
                        task -> run.workload().weighing(task.first(), samples),
                        task -> measure(divergence, task));
            }
            run.calibrated().keep(known(measured));
        } else {
            measured = measured(tasks, task -> 0, this::unmeasured);
        }
        OptionalDouble largest = measured.values().stream()
                .flatMapToDouble(curve -> curve.sensitivity().stream())
                .max();
        notice(largest.isPresent()).ifPresent(run.progress()::notice);
        return (site, option) ->
                measured.get(Task.change(site, option)).at(missing.applyAsDouble(site, option), largest.orElse(1));
    }

    private static Map<WeighedChange, LossCurve> known(Map<WeighedChange, LossCurve> measured) {
        Map<WeighedChange, LossCurve> known = new LinkedHashMap<>(measured);
        known.values().removeIf(curve -> curve.equals(LossCurve.UNKNOWN) || curve.equals(LossCurve.NONE));
        return known;
    }

    /**
     * How many inputs layers are weighed on at most: fewer where the network is large and has many layers, each of which is weighed by a
     * run of the network from it on.
     *
     * @param perSample MACs of all these runs
     */
    static int samples(double perSample) {
        return (int) Math.max(FEWEST_SAMPLES, Math.min(Divergence.SAMPLES, MACS / perSample));
    }

    /** @param weighing work of measuring */
    private Map<WeighedChange, LossCurve> measured(
            List<Task> tasks, ToDoubleFunction<Task> weighing, Function<Task, LossCurve> measuring) {
        Map<WeighedChange, LossCurve> measured = new HashMap<>();
        if (!tasks.isEmpty()) {
            run.calibrated().learn();
        }
        if (run.factorization().isHere()) {
            run.progress()
                    .expect(
                            Stage.DECOMPOSE,
                            tasks.stream()
                                    .mapToDouble(task ->
                                            run.decomposition(task.site().layer(), task.options()))
                                    .sum());
        }
        run.progress().expect(Stage.WEIGH, tasks.stream().mapToDouble(weighing).sum());
        for (Task task : tasks) {
            run.decompose(task.site().place(), task.options());
            LossCurve curve = run.progress()
                    .step(
                            Stage.WEIGH,
                            task.site().id().name(),
                            weighing.applyAsDouble(task),
                            () -> measuring.apply(task));
            measured.put(task.change(), curve);
        }
        run.progress().doing(Stage.SELECT, "");
        return measured;
    }

    private LossCurve unmeasured(Task task) {
        LossCurve kept = run.calibrated().kept(task.change());
        if (run.calibrated().hasMoments() && kept.equals(LossCurve.UNKNOWN)) {
            unmeasured.put(
                    task.site().id(),
                    run.calibrated().hasInputs()
                            ? "the network does not fit into memory, so that each run loads all of it."
                            : "there are moments, and no inputs to run.");
        }
        return kept;
    }

    /** In the order of the first layer that is changed, up to which nothing needs to be run again. */
    private List<Task> tasks(Map<Site, List<Option>> options) {
        Map<LayerId, Integer> order = new HashMap<>();
        run.layers().forEach(layer -> order.put(layer.id(), order.size()));
        List<Task> tasks = new ArrayList<>();
        options.forEach((site, possible) -> {
            Map<WeighedChange, List<Option>> byKind = new LinkedHashMap<>();
            possible.forEach(option -> byKind.computeIfAbsent(Task.change(site, option), key -> new ArrayList<>())
                    .add(option));
            byKind.values().forEach(some -> tasks.add(new Task(site, some, first(site, some.get(0), order))));
        });
        tasks.sort(Comparator.comparing(task -> order.get(task.first())));
        return tasks;
    }

    private static LayerId first(Site site, Option option, Map<LayerId, Integer> order) {
        return option.together().stream().min(Comparator.comparing(order::get)).orElse(site.id());
    }

    private static Map<Site, List<Option>> bySite(List<Task> tasks) {
        Map<Site, List<Option>> options = new LinkedHashMap<>();
        tasks.forEach(task ->
                options.computeIfAbsent(task.site(), site -> new ArrayList<>()).addAll(task.options()));
        return options;
    }

    /** Makes what layers are measured with, where that is not done in this process, as many at once as can be. */
    private void makeElsewhere(List<Task> tasks, KeptStages kept) {
        if (run.factorization().isHere()) {
            return;
        }
        Map<LayerId, Collection<Choice>> wanted = new LinkedHashMap<>();
        for (Task task : tasks) {
            LossCurve known = run.calibrated().kept(task.change());
            near(task).stream()
                    .filter(it -> known.isBeyond(missing.applyAsDouble(task.site(), it), NEAR))
                    .forEach(it -> wanted.computeIfAbsent(task.site().id(), id -> new LinkedHashSet<>())
                            .add(it.choice()));
        }
        run.factorization()
                .quick(
                        wanted,
                        (layer, replacement) ->
                                made.put(new Candidate(layer, replacement.choice()), kept.kept(replacement)));
    }

    private Replacement replacement(Site site, Option option) {
        Replacement here = made.get(new Candidate(site.id(), option.choice()));
        return here == null ? run.factors().at(site.place(), option.choice()) : here;
    }

    /** The options that a layer is measured with; none if none misses anything. */
    private List<Option> near(Task task) {
        Site site = task.site();
        List<Option> options = task.options();
        // Of as few ranks as there are, so that what else is on the classpath does not change what a layer weighs.
        int fewest = options.stream().mapToInt(Sensitivities::ranks).min().orElse(0);
        List<Option> some = options.stream()
                .filter(it -> ranks(it) == fewest && missing.applyAsDouble(site, it) > 0)
                .toList();
        return (run.isCompensated() ? LEVELS.subList(0, 1) : LEVELS)
                .stream()
                        .flatMap(level -> some.stream()
                                .min(Comparator.comparingDouble(
                                        it -> Math.abs(Math.log(missing.applyAsDouble(site, it) / level))))
                                .stream())
                        .toList();
    }

    private LossCurve measure(Divergence<M> divergence, Task task) {
        Site site = task.site();
        List<Option> options = near(task);
        if (options.isEmpty()) {
            // Where no option misses anything every sensitivity gives the same losses.
            return LossCurve.NONE;
        }
        LossCurve curve = run.calibrated().kept(task.change());
        for (Option near : options) {
            double error = missing.applyAsDouble(site, near);
            if (curve.isBeyond(error, NEAR)) {
                boolean first = curve.sensitivity().isEmpty();
                OptionalDouble loss = measure(
                        divergence,
                        task,
                        near,
                        why -> unmeasured.compute(site.id(), (id, other) -> first ? why : other));
                if (loss.isEmpty()) {
                    break;
                }
                curve = curve.with(error, loss.getAsDouble());
            }
        }
        return curve;
    }

    private static int ranks(Option option) {
        return option.choice().sizes().size();
    }

    private OptionalDouble measure(Divergence<M> divergence, Task task, Option option, Consumer<String> whyNot) {
        Site site = task.site();
        try {
            double found = run.calibrated().divergence(divergence, List.of(replacement(site, option)), task.first());
            if (Double.isFinite(found)) {
                return OptionalDouble.of(Math.max(0, found));
            }
            whyNot.accept("the outputs cannot be compared.");
        } catch (EngineLostException | InvalidInputException e) {
            // It would be the same for every other layer.
            throw e;
        } catch (WsvdException e) {
            whyNot.accept(e.getMessage());
        }
        return OptionalDouble.empty();
    }

    private Optional<String> notice(boolean someAreMeasured) {
        return unmeasured.entrySet().stream().findFirst().map(first -> {
            String name = "'" + first.getKey() + "'";
            return "The sensitivity of "
                    + (unmeasured.size() == 1 ? "layer " + name : unmeasured.size() + " layers, such as " + name + ",")
                    + " could not be measured; "
                    + (someAreMeasured ? "the largest of the others is taken: " : "all layers weigh the same: ")
                    + first.getValue();
        });
    }
}
