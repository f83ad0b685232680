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
 * @param int8 whether it was chosen too which layers are in int8: all that change, and no others
 */
public record PlanOrigin(String wsvd, Optional<CalibrationIdentity> calibration, boolean corrected, boolean int8) {
    public PlanOrigin {
        Objects.requireNonNull(wsvd, "wsvd");
        Objects.requireNonNull(calibration, "calibration");
    }

    /** Of a plan that says nothing of int8. */
    public PlanOrigin(String wsvd, Optional<CalibrationIdentity> calibration, boolean corrected) {
        this(wsvd, calibration, corrected, false);
    }
}
