package dev.wsvd.adapter.djl.internal.block;

import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What cuts leave of a layer that writes, passes on or reads their units: its weight and its bias afterwards. */
final class CutLayer {
    /**
     * The layer as a cut makes it that takes input channels.
     *
     * @param places by input channel, where it is in the weight; −1 if it goes
     */
    private record Read(int[] places, int width, float[] weight, Optional<float[]> correction) {}

    private final Layer layer;
    private final List<Read> reads = new ArrayList<>();
    /** What stands for the layer, of which it then reads and writes. */
    private Optional<Stage> whole = Optional.empty();

    private int[] rows;
    private int[] columns;

    CutLayer(Layer layer) {
        this.layer = layer;
        this.rows = IntStream.range(0, layer.outChannels()).toArray();
        this.columns = IntStream.range(0, layer.weight().inPerGroup()).toArray();
    }

    /** Of one more cut, a slice of this layer. */
    void add(Slice slice, Replacement replacement) {
        Cut cut = replacement.cut().orElseThrow();
        List<Integer> remaining = cut.remaining(slice);
        if (slice.side() == Side.READS) {
            columns = common(columns, remaining);
            reads.add(read(remaining, stage(replacement).orElseThrow()));
        } else {
            rows = common(rows, remaining);
            boolean reads = cut.coupling().readers().stream()
                    .anyMatch(reader -> reader.layer().id().equals(layer.id()));
            whole = reads ? whole : stage(replacement).or(() -> whole);
        }
    }

    private static int[] common(int[] some, List<Integer> others) {
        Set<Integer> wanted = new HashSet<>(others);
        return Arrays.stream(some).filter(wanted::contains).toArray();
    }

    private Read read(List<Integer> remaining, Stage stage) {
        int[] places = new int[layer.inChannels()];
        Arrays.fill(places, -1);
        for (int i = 0; i < remaining.size(); i++) {
            places[remaining.get(i)] = i;
        }
        return new Read(places, remaining.size(), stage.weights().all(), stage.biasCorrection());
    }

    private Optional<Stage> stage(Replacement replacement) {
        return replacement.stages().entrySet().stream()
                .filter(of -> of.getKey().id().equals(layer.id()))
                .map(of -> of.getValue().get(0))
                .findFirst();
    }

    /** How many output channels remain. */
    int out() {
        return rows.length;
    }

    /** Dims of the weight afterwards. */
    long[] dims() {
        long[] dims =
                layer.weight().dims().stream().mapToLong(Integer::longValue).toArray();
        dims[0] = rows.length;
        dims[1] = columns.length;
        return dims;
    }

    /** The weight afterwards, of the stored one. What several cuts change of the channels that remain adds up. */
    float[] weight(float[] stored) {
        float[] original = whole.map(stage -> stage.weights().all()).orElse(stored);
        int taps = layer.weight().kernelSize();
        int m = layer.weight().inPerGroup();
        float[] weight = new float[rows.length * columns.length * taps];
        int at = 0;
        for (int row : rows) {
            for (int column : columns) {
                int from = (row * m + column) * taps;
                for (int tap = 0; tap < taps; tap++) {
                    weight[at++] = element(original[from + tap], row, column, taps, tap);
                }
            }
        }
        return weight;
    }

    private float element(float original, int row, int column, int taps, int tap) {
        float value = original;
        for (int i = 0; i < reads.size(); i++) {
            Read read = reads.get(i);
            float fitted = read.weight()[(row * read.width() + read.places()[column]) * taps + tap];
            value = i == 0 ? fitted : value + fitted - original;
        }
        return value;
    }

    /** Whether something is added to the bias. */
    boolean corrects() {
        return corrections().findAny().isPresent();
    }

    private Stream<float[]> corrections() {
        return Stream.concat(
                        whole.stream().map(Stage::biasCorrection),
                        reads.stream().map(Read::correction))
                .flatMap(Optional::stream);
    }

    /** The bias afterwards, of the original one if there is one. */
    float[] bias(Optional<float[]> original) {
        List<float[]> added = Stream.concat(original.stream(), corrections()).toList();
        float[] bias = new float[rows.length];
        for (float[] values : added) {
            for (int i = 0; i < bias.length; i++) {
                bias[i] += values[rows[i]];
            }
        }
        return bias;
    }
}
