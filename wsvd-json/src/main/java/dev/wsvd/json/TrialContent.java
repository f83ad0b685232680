package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.stats.Trial;
import java.util.List;

/** How reports say that a whole network was scored. */
record TrialContent(String name, @JsonUnwrapped CostContent<Long> costs, Double score, double[] interval) {
    static TrialContent of(Trial trial, List<Metric> metrics) {
        return new TrialContent(
                trial.name(),
                CostContent.amounts(metrics, trial.cost()),
                trial.score(),
                ScoreContent.ends(trial.interval()));
    }
}
