package dev.wsvd.json;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.score.EvaluatorIdentity;
import java.util.List;

/** How files say which model, evaluator and inputs they belong to. */
final class Identities {
    private Identities() {}

    /** A text that is not blank. */
    record Name(String text) {}

    record Model(
            @JsonProperty(required = true) String name,
            @JsonProperty(required = true) Name sha256) {
        static Model of(ModelIdentity model) {
            return new Model(model.name(), new Name(model.sha256()));
        }

        ModelIdentity identity() {
            return new ModelIdentity(name, sha256.text());
        }
    }

    record Evaluator(
            @JsonProperty(required = true) String name,
            Long samples,
            Name sha256,
            @JsonSetter(contentNulls = Nulls.FAIL) List<String> outputs) {
        static Evaluator of(EvaluatorIdentity evaluator) {
            return new Evaluator(
                    evaluator.name(),
                    counted(evaluator.samples()),
                    digest(evaluator.sha256()),
                    evaluator.outputs().isEmpty() ? null : evaluator.outputs());
        }

        EvaluatorIdentity identity() {
            return new EvaluatorIdentity(name, count(samples), hex(sha256), outputs == null ? List.of() : outputs);
        }
    }

    record Inputs(Long samples, Name sha256) {
        static Inputs of(CalibrationIdentity inputs) {
            return new Inputs(counted(inputs.samples()), digest(inputs.sha256()));
        }

        CalibrationIdentity identity() {
            return new CalibrationIdentity(count(samples), hex(sha256));
        }
    }

    private static Long counted(long samples) {
        return samples > 0 ? samples : null;
    }

    private static long count(Long samples) {
        return samples == null ? 0 : samples;
    }

    private static Name digest(String hex) {
        return hex.isEmpty() ? null : new Name(hex);
    }

    private static String hex(Name digest) {
        return digest == null ? "" : digest.text();
    }
}
