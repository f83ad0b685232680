package dev.wsvd.json;

import dev.wsvd.domain.spi.ProgressEvent.Evaluated;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far a run is, for a page that shows it while it goes on.
 *
 * @param share of its time that is over, in [0, 1]; empty where nobody knows
 * @param left until it is done
 * @param doing what it does now: {@code evaluating the original model}
 * @param last what was scored last
 * @param kept what is kept of it where the page stops it; empty where the page cannot
 * @param end what came of it, once it is over
 */
public record RunStatus(
        OptionalDouble share,
        Optional<Duration> left,
        String doing,
        Optional<Evaluated> last,
        Optional<String> kept,
        Optional<End> end) {
    /** What can come of a run. */
    public enum End {
        /** It has a result. */
        DONE,
        /** Somebody stopped it. */
        STOPPED,
        /** It ended for another reason, without a result. */
        FAILED
    }

    public RunStatus {
        Objects.requireNonNull(share, "share");
        Objects.requireNonNull(left, "left");
        Objects.requireNonNull(doing, "doing");
        Objects.requireNonNull(last, "last");
        Objects.requireNonNull(kept, "kept");
        Objects.requireNonNull(end, "end");
    }

    /** A run of which nothing is known but what it does. */
    public static RunStatus of(String doing) {
        return new RunStatus(
                OptionalDouble.empty(), Optional.empty(), doing, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** The same run, so far and doing that. */
    public RunStatus at(double now, Optional<Duration> toGo, String what) {
        return new RunStatus(OptionalDouble.of(now), toGo, what, last, kept, end);
    }

    /** The same run with another score. */
    public RunStatus with(Evaluated score) {
        return new RunStatus(share, left, doing, Optional.of(score), kept, end);
    }

    /** The same run, which the page can stop. */
    public RunStatus keeping(String what) {
        return new RunStatus(share, left, doing, last, Optional.of(what), end);
    }

    /** The same run at its end. */
    public RunStatus ended(End how) {
        return new RunStatus(share, left, doing, last, kept, Optional.of(how));
    }

    /** The text of it. What is not known is absent. */
    public String toJson() {
        return JsonText.of(new Content(
                ScoreContent.boxed(share),
                left.map(time -> time.toMillis() / 1000.0).orElse(null),
                doing,
                last.map(score -> new Score(score.name(), score.score())).orElse(null),
                kept.orElse(null),
                end.map(how -> how.name().toLowerCase(Locale.ROOT)).orElse(null)));
    }

    record Content(Double share, Double left, String doing, Score last, String kept, String end) {}

    record Score(String name, double score) {}
}
