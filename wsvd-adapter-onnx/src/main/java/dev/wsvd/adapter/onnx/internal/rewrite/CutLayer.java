package dev.wsvd.adapter.onnx.internal.rewrite;

import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Coupling.Slice;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Stage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A layer that writes or reads the units of some cuts: its weight and what is added to its bias afterwards. */
final class CutLayer {
    private record Read(Cut cut, Slice slice, Stage stage) {}

    private record Written(Cut cut, int number) {}

    private final Layer layer;
    private final List<Read> reads = new ArrayList<>();
    private final List<Written> writes = new ArrayList<>();
    /** What stands for the layer, of which it then reads and writes. */
    private Optional<Stage> whole = Optional.empty();

    CutLayer(Layer layer) {
        this.layer = layer;
    }

    /** Of its original weight, row-major W[n][m][k…]: its new weight, row-major too. */
    record Weight(float[] values, int out, int in) {}

    void add(CutCoupling coupling) {
        Cut cut = coupling.cut();
        List<Slice> writers = cut.coupling().writers();
        for (int number = 0; number < writers.size(); number++) {
            if (writers.get(number).layer().id().equals(layer.id())) {
                writes.add(new Written(cut, number));
            }
        }
        Optional<Stage> stage = coupling.replacement().stages().entrySet().stream()
                .filter(of -> of.getKey().id().equals(layer.id()))
                .map(of -> of.getValue().get(0))
                .findFirst();
        Optional<Slice> read = cut.coupling().readers().stream()
                .filter(slice -> slice.layer().id().equals(layer.id()))
                .findFirst();
        read.ifPresent(slice -> reads.add(new Read(cut, slice, stage.orElseThrow())));
        if (read.isEmpty()) {
            whole = stage.or(() -> whole);
        }
    }

    Weight weight(float[] stored) {
        float[] original = whole.map(stage -> stage.weights().all()).orElse(stored);
        int taps = layer.weight().kernelSize();
        int n = layer.outChannels();
        List<Integer> columns = remaining(layer.inChannels(), Side.READS);
        float[] read = reads.isEmpty() ? original : read(original, columns, taps);
        float[] written = written(read, columns.size() * taps);
        return new Weight(written, written.length / (columns.size() * taps), columns.size());
    }

    /** What is added to the bias, by output channel that remains; empty for nothing. */
    Optional<float[]> correction() {
        float[] sum = null;
        for (Stage stage :
                Stream.concat(whole.stream(), reads.stream().map(Read::stage)).toList()) {
            float[] added = stage.biasCorrection().orElse(null);
            if (added != null) {
                sum = sum == null ? new float[added.length] : sum;
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += added[i];
                }
            }
        }
        return Optional.ofNullable(sum).map(values -> written(values, 1));
    }

    /** Some elements of each output channel, of those that remain, after the combinations of writers. */
    private float[] written(float[] values, int width) {
        float[] all = values;
        for (Written write : writes) {
            float[] cut = write.cut().written(write.number(), all, width);
            List<Integer> rows =
                    write.cut().remaining(write.cut().coupling().writers().get(write.number()));
            all = all == values ? values.clone() : all;
            for (int i = 0; i < rows.size(); i++) {
                System.arraycopy(cut, i * width, all, rows.get(i) * width, width);
            }
        }
        List<Integer> rows = remaining(layer.outChannels(), Side.WRITES);
        float[] out = new float[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(all, rows.get(i) * width, out, i * width, width);
        }
        return out;
    }

    /** Channels that no cut takes. */
    private List<Integer> remaining(int width, Side side) {
        boolean[] stays = new boolean[width];
        Arrays.fill(stays, true);
        List<List<Integer>> byCut = side == Side.READS
                ? reads.stream().map(read -> read.cut().remaining(read.slice())).toList()
                : writes.stream()
                        .map(write -> write.cut()
                                .remaining(write.cut().coupling().writers().get(write.number())))
                        .toList();
        for (List<Integer> remaining : byCut) {
            boolean[] own = new boolean[width];
            remaining.forEach(channel -> own[channel] = true);
            for (int i = 0; i < width; i++) {
                stays[i] &= own[i];
            }
        }
        return IntStream.range(0, width).filter(i -> stays[i]).boxed().toList();
    }

    /** The stage of the cut; where several cuts take input channels of a layer, what each changes of the rest adds up. */
    private float[] read(float[] original, List<Integer> columns, int taps) {
        if (reads.size() == 1) {
            return reads.get(0).stage().weights().all();
        }
        int n = layer.outChannels();
        int m = layer.inChannels();
        float[] sum = new float[n * columns.size() * taps];
        copy(original, m, columns, sum, columns, taps, 1 - reads.size());
        for (Read read : reads) {
            List<Integer> own = read.cut().remaining(read.slice());
            float[] stage = read.stage().weights().all();
            copy(stage, own.size(), own.stream().toList(), sum, columns, taps, 1);
        }
        return sum;
    }

    private void copy(
            float[] from, int width, List<Integer> own, float[] to, List<Integer> columns, int taps, int factor) {
        int[] place = new int[layer.inChannels()];
        for (int i = 0; i < place.length; i++) {
            place[i] = width == place.length ? i : -1;
        }
        for (int i = 0; i < own.size() && width < place.length; i++) {
            place[own.get(i)] = i;
        }
        for (int row = 0; row < layer.outChannels(); row++) {
            for (int i = 0; i < columns.size(); i++) {
                int source = (row * width + place[columns.get(i)]) * taps;
                int target = (row * columns.size() + i) * taps;
                for (int t = 0; t < taps; t++) {
                    to[target + t] += factor * from[source + t];
                }
            }
        }
    }
}
