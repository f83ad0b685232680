package dev.wsvd.json;

import static dev.wsvd.json.ScoreContent.boxed;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.plan.Decision;
import dev.wsvd.domain.stats.CompressionStats.LayerStats;
import dev.wsvd.domain.stats.CumulativeEnergy;
import dev.wsvd.domain.stats.LayerCandidate;
import dev.wsvd.domain.stats.LayerDetails;
import dev.wsvd.domain.stats.LayerTimes;
import java.util.List;
import java.util.Optional;

/** How the report of a compression says what became of a layer. */
record StatsLayer(
        LayerId name,
        String path,
        String kind,
        List<Integer> weight,
        @JsonUnwrapped Outcome outcome,
        @JsonUnwrapped CostContent<long[]> costs,
        @JsonUnwrapped CostContent<Double> ratios,
        Double error,
        Double outputError,
        Times times,
        List<Tried> candidates,
        Spectrum spectrum) {
    static StatsLayer of(LayerStats layer, List<Metric> metrics) {
        Optional<LayerDetails> details = layer.details();
        return new StatsLayer(
                layer.layer(),
                layer.path().orElse(null),
                details.map(LayerDetails::kind).orElse(null),
                details.map(LayerDetails::weight).orElse(null),
                Outcome.of(layer),
                CostContent.pairs(metrics, layer.before(), layer.after()),
                layer.decision() instanceof Decision.Change
                        ? CostContent.ratios(metrics, layer.before(), layer.after())
                        : null,
                boxed(layer.error()),
                boxed(layer.outputError()),
                layer.times().map(Times::of).orElse(null),
                details.map(LayerDetails::candidates)
                        .filter(some -> !some.isEmpty())
                        .map(some -> some.stream().map(Tried::of).toList())
                        .orElse(null),
                details.flatMap(LayerDetails::spectrum).map(Spectrum::of).orElse(null));
    }

    /** What was decided. */
    record Outcome(String decision, String unfolding, Integer rank, List<Integer> ranks, String size, String reason) {
        static Outcome of(LayerStats layer) {
            if (layer.decision() instanceof Decision.Change change) {
                Choice choice = change.choice();
                return new Outcome(
                        "split", choice.form(), Ranks.one(choice), Ranks.several(choice), layer.size(), null);
            }
            return new Outcome("dense", null, null, null, null, ((Decision.Keep) layer.decision()).reason());
        }
    }

    /** In ns. */
    record Times(long dense, Long predicted, long measured) {
        static Times of(LayerTimes times) {
            return new Times(
                    Math.round(times.denseNs()),
                    times.predictedNs().isPresent()
                            ? Math.round(times.predictedNs().getAsDouble())
                            : null,
                    Math.round(times.measuredNs()));
        }
    }

    /** Something that could have been done. */
    record Tried(
            String unfolding,
            Integer rank,
            List<Integer> ranks,
            long before,
            long after,
            Double error,
            Double loss,
            Double score) {
        static Tried of(LayerCandidate candidate) {
            Choice choice = candidate.choice();
            return new Tried(
                    choice.form(),
                    Ranks.one(choice),
                    Ranks.several(choice),
                    candidate.before(),
                    candidate.after(),
                    boxed(candidate.error()),
                    boxed(candidate.loss()),
                    boxed(candidate.score()));
        }
    }

    record Spectrum(String unfolding, List<Integer> ranks, List<Double> energy) {
        static Spectrum of(CumulativeEnergy of) {
            return new Spectrum(of.form(), of.ranks(), of.energy());
        }
    }
}
