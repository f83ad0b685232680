package dev.wsvd.selection;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.plan.PlanOrigin;
import java.util.ArrayList;
import java.util.List;

/** What a run lacks of what the plan it applies was made with. */
final class PlanFit {
    private PlanFit() {}

    /** A sentence for each thing that is missing or other. */
    static List<String> notices(PlanOrigin plan, PlanOrigin run) {
        List<String> notices = new ArrayList<>();
        plan.calibration()
                .ifPresent(made -> run.calibration()
                        .ifPresentOrElse(
                                now -> {
                                    if (differ(made, now)) {
                                        notices.add("The plan was made with other calibration inputs" + shown(made)
                                                + " than this run's" + shown(now)
                                                + "; the model may score lower. Maybe use the same ones.");
                                    }
                                },
                                () -> notices.add("The plan was made with calibration inputs" + shown(made)
                                        + ", and this run has none; the model may score much lower. Maybe add them"
                                        + " (--calibration).")));
        if (plan.corrected() && !run.corrected()) {
            notices.add("The plan was made with correction, and this run makes none; the model may score much lower."
                    + " Maybe add it (--correct).");
        }
        return notices;
    }

    private static boolean differ(CalibrationIdentity made, CalibrationIdentity now) {
        return !made.sha256().isEmpty()
                && !now.sha256().isEmpty()
                && !made.sha256().equals(now.sha256());
    }

    private static String shown(CalibrationIdentity inputs) {
        List<String> known = new ArrayList<>();
        if (inputs.samples() > 0) {
            known.add(inputs.samples() + " samples");
        }
        if (!inputs.sha256().isEmpty()) {
            known.add("sha256 " + abbreviated(inputs.sha256()));
        }
        return known.isEmpty() ? "" : " (" + String.join(", ", known) + ")";
    }

    private static String abbreviated(String sha256) {
        return sha256.length() > 12 ? sha256.substring(0, 12) + "…" : sha256;
    }
}
