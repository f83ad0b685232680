package dev.wsvd.pipeline;

import dev.wsvd.domain.spi.ProgressEvent.Stage;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/**
 * How long the stages of a run have taken, and how much of the run is over. Each stage has an expected work, all in one unit. What is
 * left of it takes as long per unit as what was done of the same stage, or of all stages as long as nothing or little was.
 */
final class Forecast {
    /** The seconds per unit of all stages count in each as much as those of so much of its own work. */
    private static final double PRIOR = 0.05;

    /** Before the end no more is over than this. */
    private static final double MOST = 0.99;

    /** A stage's work, and how long it has taken so far. */
    private static final class Work {
        private double done;
        private double left;
        private double seconds;

        void did(double more) {
            done += more;
            left = Math.max(0, left - more);
        }
    }

    /** A step that has begun. */
    private static final class Step {
        private final Work work;
        private final double size;
        private double reached;

        Step(Work work, double size) {
            this.work = work;
            this.size = size;
        }

        void reach(double part) {
            double more = (Math.min(1, part) - reached) * size;
            if (more > 0) {
                work.did(more);
                reached = Math.min(1, part);
            }
        }
    }

    private final LongSupplier nanoTime;
    private final long start;
    private final Map<Stage, Work> works = new EnumMap<>(Stage.class);
    private final Deque<Step> steps = new ArrayDeque<>();
    private long since;
    private double share;

    Forecast(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
        Arrays.stream(Stage.values()).forEach(stage -> works.put(stage, new Work()));
    }

    /** Says what is to come in a stage from now on, the steps that have begun apart. */
    void expect(Stage stage, double work) {
        Work of = works.get(stage);
        of.left = work
                + steps.stream()
                        .filter(step -> step.work == of)
                        .mapToDouble(step -> (1 - step.reached) * step.size)
                        .sum();
    }

    /** A step begins, maybe within another, whose time stands still. Its work is 0 if it is not known, and then nothing is told from it. */
    void begin(Stage stage, double work) {
        charge();
        steps.push(new Step(works.get(stage), work));
    }

    /** More of the step that began last is done. */
    void advance(double part) {
        charge();
        Step step = steps.element();
        step.reach(step.reached + part);
    }

    /** Work of a stage is done, by others than the step that began last. */
    void did(Stage stage, double work) {
        charge();
        works.get(stage).did(work);
    }

    /** The step that began last is done. */
    void end() {
        charge();
        steps.pop().reach(1);
    }

    private void charge() {
        long now = nanoTime.getAsLong();
        if (!steps.isEmpty()) {
            steps.element().work.seconds += (now - since) / 1e9;
        }
        since = now;
    }

    /** How long a stage has taken until a step last began, advanced or ended. */
    double seconds(Stage stage) {
        return works.get(stage).seconds;
    }

    /** Expected seconds to the end; empty before any work was done. */
    OptionalDouble secondsLeft() {
        double done = 0;
        double seconds = 0;
        for (Work work : works.values()) {
            if (work.done > 0) {
                done += work.done;
                seconds += work.seconds;
            }
        }
        return seconds > 0 ? OptionalDouble.of(left(seconds / done)) : OptionalDouble.empty();
    }

    private double left(double perUnit) {
        return works.values().stream()
                .filter(work -> work.left > 0)
                .mapToDouble(work -> {
                    double prior = PRIOR * (work.done + work.left);
                    return work.left * (work.seconds + prior * perUnit) / (work.done + prior);
                })
                .sum();
    }

    /** The share of the run that is over; never less than before, below 1. */
    double share() {
        secondsLeft().ifPresent(left -> {
            double elapsed = (nanoTime.getAsLong() - start) / 1e9;
            share = Math.max(share, Math.min(MOST, elapsed / (elapsed + left)));
        });
        return share;
    }
}
