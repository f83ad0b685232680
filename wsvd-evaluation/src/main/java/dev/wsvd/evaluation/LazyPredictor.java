package dev.wsvd.evaluation;

import dev.wsvd.domain.tensor.Predictor;
import java.util.function.Supplier;

/** A predictor made when it is first needed, if ever. */
final class LazyPredictor implements AutoCloseable {
    private final Supplier<? extends Predictor> maker;
    private Predictor made;

    LazyPredictor(Supplier<? extends Predictor> maker) {
        this.maker = maker;
    }

    Predictor get() {
        if (made == null) {
            made = maker.get();
        }
        return made;
    }

    @Override
    public void close() {
        if (made != null) {
            made.close();
        }
    }
}
