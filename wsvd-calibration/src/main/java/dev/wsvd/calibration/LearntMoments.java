package dev.wsvd.calibration;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.moments.LayerMoments;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Moments by layer, of which only some are in memory: the others are read from a temporary file each time they are asked for, so ask for
 * those of one layer after the other. Cannot be changed; not for use by several threads.
 */
public final class LearntMoments extends AbstractMap<LayerId, LayerMoments> implements AutoCloseable {
    private final Map<LayerId, Supplier<LayerMoments>> kept;
    private final UnnamedFile file;

    /** @param kept by layer, in order */
    LearntMoments(Map<LayerId, Supplier<LayerMoments>> kept, UnnamedFile file) {
        this.kept = kept;
        this.file = file;
    }

    /** @throws dev.wsvd.domain.error.WsvdException if they cannot be read */
    @Override
    public LayerMoments get(Object layer) {
        Supplier<LayerMoments> found = kept.get(layer);
        return found == null ? null : found.get();
    }

    @Override
    public boolean containsKey(Object layer) {
        return kept.containsKey(layer);
    }

    @Override
    public Set<LayerId> keySet() {
        return Collections.unmodifiableSet(kept.keySet());
    }

    @Override
    public Set<Entry<LayerId, LayerMoments>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return kept.size();
            }

            @Override
            public Iterator<Entry<LayerId, LayerMoments>> iterator() {
                return kept.entrySet().stream()
                        .map(entry -> Map.entry(entry.getKey(), entry.getValue().get()))
                        .iterator();
            }
        };
    }

    /** Deletes the file, if there is one: moments must not be asked for any more. */
    @Override
    public void close() {
        file.close();
    }
}
