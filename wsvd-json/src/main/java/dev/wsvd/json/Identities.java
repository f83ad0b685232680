package dev.wsvd.json;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.EvaluatorIdentity;
import dev.wsvd.domain.ModelIdentity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How files say which model, evaluator and inputs they belong to. */
final class Identities {
    private Identities() {}

    static Map<String, Object> toJson(ModelIdentity model) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", model.name());
        json.put("sha256", model.sha256());
        return json;
    }

    static ModelIdentity model(Field field) {
        field.allowing("name", "sha256");
        return new ModelIdentity(
                field.required("name").text(), field.required("sha256").name());
    }

    static Map<String, Object> toJson(CalibrationIdentity inputs) {
        Map<String, Object> json = new LinkedHashMap<>();
        if (inputs.samples() > 0) {
            json.put("samples", inputs.samples());
        }
        if (!inputs.sha256().isEmpty()) {
            json.put("sha256", inputs.sha256());
        }
        return json;
    }

    static CalibrationIdentity calibration(Field field) {
        field.allowing("samples", "sha256");
        return new CalibrationIdentity(
                field.optional("samples").map(Field::positiveLong).orElse(0L),
                field.optional("sha256").map(Field::name).orElse(""));
    }

    static Map<String, Object> toJson(EvaluatorIdentity evaluator) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("name", evaluator.name());
        if (evaluator.samples() > 0) {
            json.put("samples", evaluator.samples());
        }
        if (!evaluator.sha256().isEmpty()) {
            json.put("sha256", evaluator.sha256());
        }
        if (!evaluator.outputs().isEmpty()) {
            json.put("outputs", evaluator.outputs());
        }
        return json;
    }

    static EvaluatorIdentity evaluator(Field field) {
        field.allowing("name", "samples", "sha256", "outputs");
        return new EvaluatorIdentity(
                field.required("name").text(),
                field.optional("samples").map(samples -> samples.positiveLong()).orElse(0L),
                field.optional("sha256").map(Field::name).orElse(""),
                field.optional("outputs")
                        .map(outputs ->
                                outputs.items().stream().map(Field::text).toList())
                        .orElse(List.of()));
    }
}
