package dev.wsvd.domain.plan;

import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What cuts leave of a layer that writes, passes on or reads their units: its weight and what is added to its bias. Formats make the
 * same of one however they store it.
 */
public final class CutLayer {
    /** The layer as a cut makes it that takes input channels: by input channel, where it is in the stage's weight, −1 if it goes. */
    private record Read(int[] places, int width, float[] weight, Optional<float[]> correction) {}

    private record Written(Cut cut, int number) {}

    private final Layer layer;
    private final List<Read> reads = new ArrayList<>();
    private final List<Written> writes = new ArrayList<>();
    private final List<Replacement> replacements = new ArrayList<>();
    /** What stands for the layer, of which it then reads and writes. */
    private Optional<Stage> whole = Optional.empty();

    private int[] rows;
    private int[] columns;

    public CutLayer(Layer layer) {
        this.layer = layer;
        this.rows = IntStream.range(0, layer.outChannels()).toArray();
        this.columns = IntStream.range(0, layer.weight().inPerGroup()).toArray();
    }

    /**
     * Of one more cut, a slice of this layer.
     *
     * @param replacement with a cut of the coupling whose slice it is
     */
    public void add(Slice slice, Replacement replacement) {
        Cut cut = replacement.cut().orElseThrow();
        replacements.add(replacement);
        List<Integer> remaining = cut.remaining(slice);
        if (slice.side() == Side.READS) {
            columns = common(columns, remaining);
            List<Slice> own = cut.coupling().readers().stream()
                    .filter(reader -> reader.layer().id().equals(layer.id()))
                    .toList();
            // One stage stands for all of them.
            if (own.indexOf(slice) == own.size() - 1) {
                reads.add(read(cut, own, stage(replacement).orElseThrow()));
            }
            return;
        }
        rows = common(rows, remaining);
        if (slice.side() == Side.WRITES) {
            writes.add(new Written(cut, cut.coupling().writers().indexOf(slice)));
            boolean reads = cut.coupling().readers().stream()
                    .anyMatch(reader -> reader.layer().id().equals(layer.id()));
            whole = reads ? whole : stage(replacement).or(() -> whole);
        }
    }

    private static int[] common(int[] some, List<Integer> others) {
        Set<Integer> wanted = Set.copyOf(others);
        return Arrays.stream(some).filter(wanted::contains).toArray();
    }

    private Read read(Cut cut, List<Slice> slices, Stage stage) {
        int[] remaining = IntStream.range(0, layer.inChannels()).toArray();
        for (Slice slice : slices) {
            remaining = common(remaining, cut.remaining(slice));
        }
        int[] places = new int[layer.inChannels()];
        Arrays.fill(places, -1);
        for (int i = 0; i < remaining.length; i++) {
            places[remaining[i]] = i;
        }
        return new Read(places, remaining.length, stage.weights().all(), stage.biasCorrection());
    }

    private Optional<Stage> stage(Replacement replacement) {
        return replacement.stages().entrySet().stream()
                .filter(of -> of.getKey().id().equals(layer.id()))
                .map(of -> of.getValue().get(0))
                .findFirst();
    }

    /** Those that were added, in order; one is there for each of its slices. */
    public List<Replacement> replacements() {
        return List.copyOf(replacements);
    }

    /** How many output channels remain. */
    public int out() {
        return rows.length;
    }

    /** How many input channels of a group remain. */
    public int in() {
        return columns.length;
    }

    /**
     * The weight afterwards. What several cuts change of the channels that remain adds up.
     *
     * @param stored W[n][m'][k…], row-major
     * @return row-major too, {@link #out()} × {@link #in()} × taps
     */
    public float[] weight(float[] stored) {
        float[] original = whole.map(stage -> stage.weights().all()).orElse(stored);
        int taps = layer.weight().kernelSize();
        float[] remaining = remaining(original, layer.weight().inPerGroup(), columns, taps);
        for (int i = 0; i < reads.size(); i++) {
            Read read = reads.get(i);
            int[] places =
                    Arrays.stream(columns).map(column -> read.places()[column]).toArray();
            float[] fitted = remaining(read.weight(), read.width(), places, taps);
            remaining = i == 0
                    ? fitted
                    : changed(
                            remaining,
                            fitted,
                            remaining(original, layer.weight().inPerGroup(), columns, taps));
        }
        return written(remaining, columns.length * taps);
    }

    /** Some columns of a weight that has so many. */
    private float[] remaining(float[] weight, int width, int[] columns, int taps) {
        float[] remaining = new float[layer.outChannels() * columns.length * taps];
        int at = 0;
        for (int row = 0; row < layer.outChannels(); row++) {
            for (int column : columns) {
                int from = (row * width + column) * taps;
                for (int tap = 0; tap < taps; tap++) {
                    remaining[at++] = weight[from + tap];
                }
            }
        }
        return remaining;
    }

    /** some + (fitted − original) */
    private static float[] changed(float[] some, float[] fitted, float[] original) {
        float[] changed = new float[some.length];
        for (int i = 0; i < some.length; i++) {
            changed[i] = some[i] + (fitted[i] - original[i]);
        }
        return changed;
    }

    /** What is added to the bias, by output channel that remains; empty for nothing. */
    public Optional<float[]> correction() {
        return Stream.concat(
                        whole.stream().map(Stage::biasCorrection),
                        reads.stream().map(Read::correction))
                .flatMap(Optional::stream)
                .reduce(CutLayer::sum)
                .map(values -> written(values, 1));
    }

    private static float[] sum(float[] some, float[] others) {
        float[] sum = some.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += others[i];
        }
        return sum;
    }

    /**
     * Elements of the output channels that remain, after the combinations of writers.
     *
     * @param values by output channel of the original, each with {@code width} elements
     */
    public float[] written(float[] values, int width) {
        float[] all = values.clone();
        for (Written write : writes) {
            List<Integer> kept =
                    write.cut().remaining(write.cut().coupling().writers().get(write.number()));
            float[] cut = write.cut().written(write.number(), all, width);
            for (int i = 0; i < kept.size(); i++) {
                System.arraycopy(cut, i * width, all, kept.get(i) * width, width);
            }
        }
        float[] out = new float[rows.length * width];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(all, rows[i] * width, out, i * width, width);
        }
        return out;
    }
}
