package dev.wsvd.pipeline;

import dev.wsvd.domain.file.UnnamedFile;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.WeightShape;
import dev.wsvd.domain.layer.Weights;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Float16;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Keeps the weights of stages until those of all layers are made: in memory up to a bound, beyond it in a temporary file without a name,
 * there as float16 if the model stores the layer so. Where that file has no room, they stay in memory.
 */
final class KeptStages implements AutoCloseable {
    private static final long MEMORY = 64L << 20;
    /** Elements that are written and read at once. */
    private static final int PIECE = 1 << 18;

    private final long memory;
    private final UnnamedFile file;
    private long inMemory;

    KeptStages() {
        this(MEMORY, new UnnamedFile());
    }

    /**
     * @param memory bytes that may be kept in memory
     * @param file for the others
     */
    KeptStages(long memory, UnnamedFile file) {
        this.memory = memory;
        this.file = file;
    }

    /** The same with weights that are kept here, for as long as this is not closed. Stages that layers share are shared still. */
    Replacement kept(Replacement made) {
        Map<Weights, Weights> kept = new IdentityHashMap<>();
        Map<Layer, List<Stage>> all = new LinkedHashMap<>();
        made.stages().forEach((layer, stages) -> {
            List<Stage> ofLayer = new ArrayList<>();
            for (Stage stage : stages) {
                Weights weights = kept.computeIfAbsent(stage.weights(), it -> kept(it, layer.type()));
                ofLayer.add(new Stage(stage.op(), weights, stage.biasCorrection()));
            }
            all.put(layer, ofLayer);
        });
        return new Replacement(made.choice(), all, made.cut(), made.siblings(), made.predictedError());
    }

    private Weights kept(Weights weights, ElementType stored) {
        long bytes = weights.shape().elements() * Float.BYTES;
        if (inMemory + bytes <= memory) {
            inMemory += bytes;
            return weights;
        }
        float[] values = weights.all();
        ElementType type = stored == ElementType.FLOAT16 && fitFloat16(values) ? stored : ElementType.FLOAT32;
        try {
            return new OnDisk(weights.shape(), type, file, append(values, type));
        } catch (IOException e) {
            return weights;
        }
    }

    private static boolean fitFloat16(float[] values) {
        for (float value : values) {
            if (Float.isInfinite(Float16.toFloat(Float16.fromFloat(value)))) {
                return false;
            }
        }
        return true;
    }

    /** @return the position of the first element */
    private long append(float[] values, ElementType type) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE * type.bytes());
        long first = -1;
        for (int at = 0, end; at < values.length; at = end) {
            end = at + Math.min(PIECE, values.length - at);
            piece.clear();
            for (int i = at; i < end; i++) {
                if (type == ElementType.FLOAT16) {
                    piece.putShort(Float16.fromFloat(values[i]));
                } else {
                    piece.putFloat(values[i]);
                }
            }
            long position = file.append(piece.flip());
            first = first < 0 ? position : first;
        }
        return first;
    }

    /** Weights from a position of the file on. */
    private record OnDisk(WeightShape shape, ElementType type, UnnamedFile file, long position) implements Weights {
        @Override
        public float[] rows(int from, int to) {
            Objects.checkFromToIndex(from, to, shape.out());
            int row = Math.toIntExact(shape.elements() / shape.out());
            float[] values = new float[Math.multiplyExact(to - from, row)];
            ByteBuffer piece = ByteBuffer.allocateDirect(Math.min(PIECE, Math.max(1, values.length)) * type.bytes());
            for (int at = 0, end; at < values.length; at = end) {
                end = at + Math.min(PIECE, values.length - at);
                piece.clear().limit((end - at) * type.bytes());
                file.read(position + ((long) from * row + at) * type.bytes(), piece);
                piece.flip();
                for (int i = at; i < end; i++) {
                    values[i] = type == ElementType.FLOAT16 ? Float16.toFloat(piece.getShort()) : piece.getFloat();
                }
            }
            return values;
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
