package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Choice;
import dev.wsvd.domain.score.Evaluation;
import dev.wsvd.domain.score.SampleOutcomes;
import dev.wsvd.domain.score.ScoredPlan;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole network's score in a scores file.
 *
 * @param quick whether its factors were taken as they are
 * @param corrected true or absent
 * @param int8 true or absent
 * @param layers that are changed
 * @param samples how many there are whose outcomes are known; absent with them
 * @param right a bit for each sample that is right, from the lowest bit of the first byte on, in Base64
 */
record PlanScore(
        @JsonProperty(required = true) Boolean quick,
        Boolean corrected,
        Boolean int8,

        @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL, contentNulls = Nulls.FAIL)
        Map<String, Changed> layers,

        @JsonProperty(required = true) Double score,
        Integer samples,
        String right) {
    record Changed(
            @JsonProperty(required = true) Identities.Name unfolding,
            Integer rank,
            @JsonSetter(contentNulls = Nulls.FAIL) List<Integer> ranks) {}

    static List<PlanScore> all(Map<ScoredPlan, Evaluation> plans) {
        List<PlanScore> all = new ArrayList<>();
        plans.forEach((plan, made) -> all.add(of(plan, made)));
        return all;
    }

    private static PlanScore of(ScoredPlan plan, Evaluation made) {
        Map<String, Changed> layers = new LinkedHashMap<>();
        plan.changes()
                .forEach((layer, choice) -> layers.put(
                        layer.name(),
                        new Changed(new Identities.Name(choice.form()), Ranks.one(choice), Ranks.several(choice))));
        return new PlanScore(
                plan.quick(),
                plan.corrected() ? true : null,
                plan.int8() ? true : null,
                layers,
                made.score(),
                made.outcomes().map(SampleOutcomes::samples).orElse(null),
                made.outcomes().map(PlanScore::bits).orElse(null));
    }

    private static String bits(SampleOutcomes outcomes) {
        return Base64.getEncoder().encodeToString(outcomes.right().toByteArray());
    }

    /** @param plans null for none */
    static Map<ScoredPlan, Evaluation> read(JsonFile<?> file, List<PlanScore> plans) {
        Map<ScoredPlan, Evaluation> read = new LinkedHashMap<>();
        for (int i = 0; plans != null && i < plans.size(); i++) {
            PlanScore plan = plans.get(i);
            JsonPath at = JsonPath.to("plans", i);
            if (read.put(plan.scored(file, at), plan.evaluation(file, at)) != null) {
                throw file.refusal(at, "scores a plan a second time.");
            }
        }
        return read;
    }

    private ScoredPlan scored(JsonFile<?> file, JsonPath at) {
        Map<LayerId, Choice> changes = new LinkedHashMap<>();
        layers.forEach((name, changed) -> {
            JsonPath layer = at.then("layers").then(name);
            if (name.isBlank()) {
                throw file.refusal(layer, "belongs to a layer whose name is blank.");
            }
            changes.put(new LayerId(name), Ranks.choice(file, layer, changed.unfolding, changed.rank, changed.ranks));
        });
        return new ScoredPlan(changes, quick, Boolean.TRUE.equals(corrected), Boolean.TRUE.equals(int8));
    }

    private Evaluation evaluation(JsonFile<?> file, JsonPath at) {
        if (right == null && samples == null) {
            return Evaluation.of(score);
        }
        if (right == null) {
            throw file.missing(at.then("right"));
        }
        if (samples == null) {
            throw file.missing(at.then("samples"));
        }
        BitSet bits;
        try {
            bits = BitSet.valueOf(Base64.getDecoder().decode(right));
        } catch (IllegalArgumentException e) {
            throw file.refusal(at.then("right"), "is not Base64.");
        }
        if (samples < 1 || bits.length() > samples || (double) bits.cardinality() / samples != score) {
            throw file.refusal(
                    at.then("right"),
                    "says " + bits.cardinality() + " right samples of " + samples + ", the score is " + score + ".");
        }
        return Evaluation.of(SampleOutcomes.of(bits, samples));
    }
}
