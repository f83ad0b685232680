package dev.wsvd.quantization;

import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.quantization.Quantization.Mode;
import dev.wsvd.domain.spi.Activations;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.Evaluator;
import dev.wsvd.domain.spi.ProgressListener;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Predicate;

/** What a quantizer was told; it goes on changing until a run begins. */
final class QuantizationSettings<M> {
    final CompressibleModel<M> original;
    Optional<Activations<M>> calibration = Optional.empty();
    Optional<Mode> mode = Optional.empty();
    RangeMethod ranges = RangeMethod.MIN_MAX;
    Predicate<Layer> ignored = layer -> false;
    Optional<Evaluator<M>> evaluator = Optional.empty();
    Optional<Activations<M>> reportedOn = Optional.empty();
    OptionalDouble maxDrop = OptionalDouble.empty();
    Optional<Boolean> sevenBits = Optional.empty();
    boolean equalize = true;
    boolean correctBias = true;
    ProgressListener listener = ProgressListener.SILENT;

    QuantizationSettings(CompressibleModel<M> original) {
        this.original = Objects.requireNonNull(original, "original");
    }
}
