package dev.wsvd.calibration;

import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.Lookup;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Leaves out what layers see and give at tokens that only fill shorter samples up. */
final class CountedTokens {
    private final Optional<Tensor> mask;

    /** @param mask [samples, tokens], see {@link dev.wsvd.domain.spi.Activations.Watch#mask} */
    CountedTokens(Optional<Tensor> mask) {
        this.mask = mask;
    }

    /** What a layer sees: [samples, tokens] indices or [samples, tokens, features], then one dim less; else as it is. */
    Tensor input(Layer layer, Tensor seen) {
        return layer.op() instanceof Lookup ? of(seen, seen.shape().size()) : output(layer, seen);
    }

    /** What a layer gives: [samples, tokens, features], then [counted, features]; else as it is. */
    Tensor output(Layer layer, Tensor given) {
        return layer.op() instanceof Convolution
                ? given
                : of(given, given.shape().size() - 1);
    }

    /** What a model gives: [samples, tokens, features], then [counted, 1, features]; else as it is. */
    Tensor output(Tensor given) {
        if (given.shape().size() != 3) {
            return given;
        }
        Tensor rows = of(given, 2);
        return rows == given
                ? given
                : new Tensor(
                        rows.type(),
                        List.of(rows.shape().get(0), 1L, given.shape().get(2)),
                        rows.data());
    }

    /** @param dims how many leading dims count rows: samples and tokens, or both as one */
    private Tensor of(Tensor tensor, int dims) {
        return mask.filter(tokens -> isPerToken(tensor.shape().subList(0, Math.max(0, dims)), tokens))
                .map(tokens -> counted(tensor, dims, tokens))
                .orElse(tensor);
    }

    private static boolean isPerToken(List<Long> rows, Tensor mask) {
        return rows.equals(mask.shape()) || rows.equals(List.of(mask.elements()));
    }

    private static Tensor counted(Tensor tensor, int dims, Tensor mask) {
        int rows = Math.toIntExact(mask.elements());
        ByteBuffer data = tensor.data();
        int size = data.remaining() / rows;
        ByteBuffer kept = ByteBuffer.allocateDirect(data.remaining());
        for (int row = 0; row < rows; row++) {
            if (mask.getDouble(row) != 0) {
                kept.put(data.slice(data.position() + row * size, size));
            }
        }
        List<Long> shape =
                new ArrayList<>(tensor.shape().subList(dims - 1, tensor.shape().size()));
        shape.set(0, (long) kept.position() / size);
        return new Tensor(tensor.type(), shape, kept.flip());
    }
}
