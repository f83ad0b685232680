package dev.wsvd.spark;

import dev.wsvd.domain.CalibrationIdentity;
import dev.wsvd.domain.ModelIdentity;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.WeighedChange;
import dev.wsvd.domain.spi.MomentsStore;
import dev.wsvd.evaluation.NpzMoments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * What a run has learnt of its calibration inputs, as a file of every executor: the moments alone, since what layers weigh is not asked for
 * there.
 */
final class SentMoments implements MomentsStore {
    private static final String NAME = "moments.npz";

    /** Sent last: moments of which run, or others with the same content. Spark lets go of what is replaced when nobody holds it any more. */
    private record Sent(
            JavaSparkContext by, WeakReference<Map<LayerId, LayerMoments>> moments, String digest, SharedFiles files) {
        boolean isOf(Map<LayerId, LayerMoments> some) {
            return moments.refersTo(some);
        }
    }

    private static Optional<Sent> last = Optional.empty();

    private final JavaSparkContext spark;

    private SentMoments(JavaSparkContext spark) {
        this.spark = spark;
    }

    /**
     * Broadcasts it, once for all that asks for the same.
     *
     * @param saving saves it, and tells whether there is something
     * @return empty if there is nothing
     */
    static synchronized Optional<SharedFiles> of(JavaSparkContext spark, Predicate<MomentsStore> saving) {
        return saving.test(new SentMoments(spark)) ? last.map(Sent::files) : Optional.empty();
    }

    @Override
    public boolean isFilled() {
        return false;
    }

    @Override
    public Kept load(ModelIdentity model, Optional<CalibrationIdentity> inputs, Collection<Layer> layers) {
        throw new InvalidInputException("Moments that are sent to executors are not kept.");
    }

    @Override
    public void save(
            ModelIdentity model,
            CalibrationIdentity inputs,
            Map<LayerId, LayerMoments> moments,
            Map<WeighedChange, LossCurve> losses) {
        if (last.filter(sent -> sent.by().equals(spark) && sent.isOf(moments)).isPresent()) {
            return;
        }
        try {
            Path folder = Files.createTempDirectory("wsvd-moments");
            Path file = folder.resolve(NAME);
            try {
                NpzMoments.at(file).save(model, inputs, moments, Map.of());
                last = Optional.of(sent(file, new WeakReference<>(moments)));
            } finally {
                Files.deleteIfExists(file);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Moments cannot be written to the folder for temporary files", e);
        }
    }

    private Sent sent(Path file, WeakReference<Map<LayerId, LayerMoments>> moments) throws IOException {
        String digest = Digests.of(file);
        SharedFiles files = last.filter(
                        sent -> sent.by().equals(spark) && sent.digest().equals(digest))
                .map(Sent::files)
                .orElseGet(() -> SharedFiles.of(spark, Map.of(NAME, file)));
        return new Sent(spark, moments, digest, files);
    }

    /** The file on this executor, until it is let go. */
    static Path file(SharedFiles sent, Consumer<AutoCloseable> closed) {
        return sent.folder(closed).resolve(NAME);
    }
}
