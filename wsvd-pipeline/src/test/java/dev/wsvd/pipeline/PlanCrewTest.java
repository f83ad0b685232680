package dev.wsvd.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Plan;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.domain.spi.PlanQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Workers whose caller is interrupted, and which go on with what they are at. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlanCrewTest {
    private static final Evaluation SCORE = Evaluation.of(0.5);

    private final Waiting queue = new Waiting(6);

    @Test
    void severalKeepWhatTheyAreAtAndTakeNoMore() {
        Thread caller = Thread.currentThread();
        CyclicBarrier both = new CyclicBarrier(2, caller::interrupt);
        Function<Plan, Evaluation> deaf = plan -> {
            if (!Thread.currentThread().isInterrupted()) {
                await(both);
                untilInterrupted();
            }
            return SCORE;
        };

        assertInterrupted(queue, List.of(deaf, deaf));

        assertThat(queue.made).hasSize(2);
    }

    @Test
    void soDoesOneThatIsTheCaller() {
        assertInterrupted(queue, List.of(plan -> {
            Thread.currentThread().interrupt();
            return SCORE;
        }));

        assertThat(queue.made).hasSize(1);
    }

    @Test
    void thoseThatWaitForOthersEnd() {
        Waiting one = new Waiting(1);
        Thread caller = Thread.currentThread();

        assertInterrupted(one, Collections.nCopies(3, plan -> {
            caller.interrupt();
            untilInterrupted();
            return SCORE;
        }));

        assertThat(one.made).hasSize(1);
    }

    private static void assertInterrupted(Waiting queue, List<Function<Plan, Evaluation>> workers) {
        assertThatThrownBy(() -> PlanCrew.work(queue, workers))
                .isInstanceOf(WsvdException.class)
                .hasMessage("The evaluation of networks was interrupted.");
        assertThat(Thread.interrupted()).isTrue();
    }

    private static void untilInterrupted() {
        while (!Thread.currentThread().isInterrupted()) {
            Thread.onSpinWait();
        }
    }

    private static void await(CyclicBarrier all) {
        try {
            all.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Plans that do not depend on each other, of a model that nobody asks for. */
    private static final class Waiting implements PlanQueue<Void> {
        private final Deque<Plan> plans = new ArrayDeque<>();
        private final List<Plan> made = new ArrayList<>();

        Waiting(int count) {
            IntStream.range(0, count)
                    .mapToObj(number -> Plan.of(new LayerId("layer" + number), new Choice("input-channel", List.of(1))))
                    .forEach(plans::add);
        }

        @Override
        public CompressibleModel<Void> original() {
            throw new IllegalStateException();
        }

        @Override
        public boolean isQuick() {
            return true;
        }

        @Override
        public int atMost() {
            return plans.size();
        }

        @Override
        public boolean saveLearnt(MomentsStore to) {
            return false;
        }

        @Override
        public Map<LayerId, Choice> factoredUpTo(Plan plan) {
            return plan.changes();
        }

        @Override
        public synchronized Optional<Plan> next() {
            return Optional.ofNullable(plans.poll());
        }

        @Override
        public synchronized void made(Plan plan, Evaluation evaluation) {
            made.add(plan);
        }

        @Override
        public Evaluation evaluate(CompressibleModel<Void> model, Plan plan) {
            throw new IllegalStateException();
        }
    }
}
