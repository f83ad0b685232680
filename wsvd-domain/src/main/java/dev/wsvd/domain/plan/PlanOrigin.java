package dev.wsvd.domain.plan;

import dev.wsvd.domain.CalibrationIdentity;
import java.util.Objects;
import java.util.Optional;

/**
 * What a plan was made with. Its ranks were chosen for factors that learnt from these inputs; with others the model may be worse.
 *
 * @param wsvd wsvd's version
 * @param calibration the inputs that were learnt from, absent if there were none
 * @param corrected whether split layers made up for what those before them miss, by correction or by fine-tuning
 */
public record PlanOrigin(String wsvd, Optional<CalibrationIdentity> calibration, boolean corrected) {
    public PlanOrigin {
        Objects.requireNonNull(wsvd, "wsvd");
        Objects.requireNonNull(calibration, "calibration");
    }
}
