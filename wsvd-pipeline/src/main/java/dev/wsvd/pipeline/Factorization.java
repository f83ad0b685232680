package dev.wsvd.pipeline;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Place;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.LayerFactorizer;
import dev.wsvd.domain.spi.LayerQueue;
import dev.wsvd.domain.spi.LayerTask;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.ToDoubleFunction;

/** The decomposition of a run's layers, by whoever does that; errors are kept with the run's factors. */
final class Factorization<M> {
    private final CompressibleModel<M> model;
    private final Map<LayerId, Place> places = new LinkedHashMap<>();
    private final LayerFactorizer<M> factorizer;
    private final FactorCache factors;
    private final Calibrated<M> calibrated;
    private final Progress progress;
    private final Workload workload;
    private final Backend backend;

    Factorization(
            Settings<M> settings,
            List<Place> places,
            FactorCache factors,
            Calibrated<M> calibrated,
            Progress progress,
            Workload workload,
            Backend backend) {
        this.model = settings.model;
        places.forEach(place -> this.places.put(place.id(), place));
        this.factorizer = settings.layerFactorizer.orElseGet(() ->
                queue -> queue.tasks().forEach(task -> queue.made(task, queue.factor(task))));
        this.factors = factors;
        this.calibrated = calibrated;
        this.progress = progress;
        this.workload = workload;
        this.backend = backend;
    }

    /** Whether it is done in this process. */
    boolean isHere() {
        return factorizer.isHere();
    }

    /**
     * Learns how much choices miss, where that is not known. Moments are learnt before.
     *
     * @param choices by layer
     */
    void learnErrors(Map<LayerId, List<Choice>> choices) {
        List<LayerTask> tasks = new ArrayList<>();
        choices.forEach((id, ofLayer) -> {
            Map<String, List<Choice>> byForm = new LinkedHashMap<>();
            ofLayer.forEach(choice -> byForm.computeIfAbsent(choice.form(), form -> new ArrayList<>())
                    .add(choice));
            byForm.values().removeIf(some -> factors.knowsErrors(places.get(id), some));
            byForm.values().forEach(some -> {
                Choice largest = some.stream().reduce(Choice::larger).orElseThrow();
                tasks.add(new LayerTask.Errors(id, some, factors.upTo(id, largest)));
            });
        });
        factor(
                Stage.DECOMPOSE,
                workload::decomposition,
                tasks,
                (task, result) -> factors.keep(task.layer(), task.upTo(), (LayerTask.Missed) result));
    }

    /** Makes what choices put in layers' places for a quick look. */
    void quick(Map<LayerId, Collection<Choice>> choices, BiConsumer<LayerId, Replacement> taker) {
        List<LayerTask> tasks = new ArrayList<>();
        choices.forEach((id, some) -> some.forEach(choice -> tasks.add(stages(id, choice, false))));
        factor(Stage.DECOMPOSE, layer -> 0, tasks, replacement(taker));
    }

    /** Makes what a plan puts in layers' places, where that is the last use of their factors. */
    void refined(Map<LayerId, Choice> plan, BiConsumer<LayerId, Replacement> taker) {
        List<LayerTask> tasks = new ArrayList<>();
        plan.forEach((id, choice) -> tasks.add(stages(id, choice, true)));
        factor(Stage.REPLACE, workload::replacement, tasks, replacement(taker));
    }

    private LayerTask stages(LayerId id, Choice choice, boolean refined) {
        return new LayerTask.Stages(id, choice, factors.upTo(id, choice), refined);
    }

    private static BiConsumer<LayerTask, LayerTask.Result> replacement(BiConsumer<LayerId, Replacement> taker) {
        return (task, result) -> taker.accept(task.layer(), ((LayerTask.Made) result).replacement());
    }

    private void factor(
            Stage stage,
            ToDoubleFunction<Layer> work,
            List<LayerTask> tasks,
            BiConsumer<LayerTask, LayerTask.Result> taker) {
        if (tasks.isEmpty()) {
            return;
        }
        Queue queue = new Queue(stage, work, List.copyOf(tasks), taker);
        if (isHere()) {
            factorizer.factor(queue);
        } else {
            // The report names it, and that there is none is said before anything is sent away.
            backend.linearAlgebra();
            progress.step(stage, "layers", 0, () -> {
                factorizer.factor(queue);
                return null;
            });
        }
    }

    /** Tasks of one stage. */
    private final class Queue implements LayerQueue<M> {
        private final Stage stage;
        private final ToDoubleFunction<Layer> work;
        private final List<LayerTask> tasks;
        private final BiConsumer<LayerTask, LayerTask.Result> taker;
        private final Set<LayerTask> made = new HashSet<>();

        Queue(
                Stage stage,
                ToDoubleFunction<Layer> work,
                List<LayerTask> tasks,
                BiConsumer<LayerTask, LayerTask.Result> taker) {
            this.stage = stage;
            this.work = work;
            this.tasks = tasks;
            this.taker = taker;
        }

        @Override
        public CompressibleModel<M> original() {
            return model;
        }

        @Override
        public List<LayerTask> tasks() {
            return tasks;
        }

        @Override
        public boolean saveLearnt(MomentsStore to) {
            return calibrated.save(to);
        }

        @Override
        public synchronized void made(LayerTask task, LayerTask.Result result) {
            if (made.add(task)) {
                taker.accept(task, result);
                if (!isHere()) {
                    progress.doing(stage, task.layer().name());
                    progress.did(stage, work(task));
                }
            }
        }

        @Override
        public synchronized LayerTask.Result factor(LayerTask task) {
            return progress.step(
                    stage,
                    task.layer().name(),
                    isHere() ? work(task) : 0,
                    () -> factors.does(places.get(task.layer()), task));
        }

        private double work(LayerTask task) {
            return work.applyAsDouble(places.get(task.layer()).layer());
        }
    }
}
