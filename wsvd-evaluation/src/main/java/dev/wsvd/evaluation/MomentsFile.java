package dev.wsvd.evaluation;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.linalg.Matrix;
import dev.wsvd.domain.moments.LayerMoments;
import dev.wsvd.domain.moments.LossCurve;
import dev.wsvd.domain.moments.LossCurve.Point;
import dev.wsvd.domain.moments.PatchMoments;
import dev.wsvd.domain.moments.WeighedChange;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Moments of a model's layers as a {@code .npz} file, so that NumPy can look at them. Its arrays, with s the size of a
 * covariance:
 *
 * <table>
 * <caption>arrays of a file of moments</caption>
 * <tr><th>name</th><th>shape</th><th></th></tr>
 * <tr><td>wsvd-moments</td><td>int64 []</td><td>the format's version, 1</td></tr>
 * <tr><td>model, inputs</td><td>uint8 [32]</td><td>SHA-256 of the model and of the inputs they were learnt from</td></tr>
 * <tr><td>patches:LAYER</td><td>int64 []</td><td>how many patches were seen</td></tr>
 * <tr><td>mean:LAYER</td><td>float64 [g][m'·K]</td><td>{@link PatchMoments#mean()} by group</td></tr>
 * <tr><td>covariance:LAYER</td><td>float64 [g][s][s]</td><td>{@link PatchMoments#covariance()} by group</td></tr>
 * <tr><td>loss:KIND:LAYER</td><td>float64 [points][2]</td><td>{@link LossCurve}: squared errors and losses of a {@link WeighedChange}, its kind in
 * lower case, where that was weighed</td></tr>
 * </table>
 */
final class MomentsFile {
    private static final String FORMAT = "wsvd-moments";
    private static final long VERSION = 1;
    private static final String PATCHES = "patches:";
    private static final String MEAN = "mean:";
    private static final String COVARIANCE = "covariance:";
    private static final String LOSS = "loss:";

    private final Map<String, Tensor> arrays;
    private final String where;

    private MomentsFile(Map<String, Tensor> arrays, String where) {
        this.arrays = arrays;
        this.where = where;
    }

    /**
     * Writes a file atomically.
     *
     * @param model SHA-256 of the model, hexadecimal
     * @param inputs SHA-256 of the inputs, hexadecimal
     * @param moments by layer
     * @param losses of what was weighed
     */
    static void write(
            Path file,
            String model,
            String inputs,
            Map<LayerId, LayerMoments> moments,
            Map<WeighedChange, LossCurve> losses) {
        Map<String, Supplier<Tensor>> arrays = new LinkedHashMap<>();
        arrays.put(FORMAT, () -> Tensor.ofLongs(List.of(), new long[] {VERSION}));
        arrays.put("model", () -> digest(model));
        arrays.put("inputs", () -> digest(inputs));
        moments.forEach((id, layer) -> {
            Tensor patches = Tensor.ofLongs(List.of(), new long[] {layer.patches()});
            Tensor means = means(layer);
            arrays.put(PATCHES + id.name(), () -> patches);
            arrays.put(MEAN + id.name(), () -> means);
            // Asked for again: not all covariances need to be in memory at once.
            arrays.put(COVARIANCE + id.name(), () -> covariances(moments.get(id)));
        });
        losses.forEach((change, curve) -> arrays.put(name(change), () -> points(curve)));
        NpyFiles.writeNpz(file, arrays);
    }

    /** @throws InvalidInputException if it is not such a file */
    static MomentsFile read(Path file) {
        Map<String, Tensor> arrays = NpyFiles.readNpz(file);
        String where = NpyFiles.named(file);
        Tensor version = arrays.get(FORMAT);
        if (version == null || !arrays.containsKey("model") || !arrays.containsKey("inputs")) {
            throw new InvalidInputException(where + " does not hold moments: it has no array '" + FORMAT + "'.");
        }
        if (version.elements() != 1 || version.getDouble(0) != VERSION) {
            throw new InvalidInputException(
                    where + " holds moments of another version; this wsvd reads version " + VERSION + ".");
        }
        return new MomentsFile(arrays, where);
    }

    /** SHA-256 of the model, hexadecimal. */
    String model() {
        return hex(arrays.get("model"));
    }

    /** SHA-256 of the inputs, hexadecimal. */
    String inputs() {
        return hex(arrays.get("inputs"));
    }

    /**
     * Moments by layer; layers that the file does not mention are absent.
     *
     * @throws InvalidInputException if an array is not of its layer's size, or not finite
     */
    Map<LayerId, LayerMoments> moments(Collection<Layer> layers) {
        Map<LayerId, LayerMoments> moments = new LinkedHashMap<>();
        layers.forEach(layer -> read(layer).ifPresent(read -> moments.put(layer.id(), read)));
        return moments;
    }

    /**
     * What was weighed of some layers.
     *
     * @throws InvalidInputException if an array is no curve
     */
    Map<WeighedChange, LossCurve> losses(Collection<Layer> layers) {
        Map<WeighedChange, LossCurve> losses = new LinkedHashMap<>();
        for (Layer layer : layers) {
            for (WeighedChange.Kind kind : WeighedChange.Kind.values()) {
                WeighedChange change = new WeighedChange(layer.id(), kind);
                if (arrays.containsKey(name(change))) {
                    losses.put(change, curve(name(change)));
                }
            }
        }
        return losses;
    }

    private LossCurve curve(String name) {
        Tensor array = arrays.get(name);
        try {
            if (array.type() == ElementType.FLOAT64
                    && array.shape().size() == 2
                    && array.shape().get(1) == 2) {
                return new LossCurve(IntStream.range(
                                0, Math.toIntExact(array.shape().get(0)))
                        .mapToObj(row -> new Point(array.getDouble(2 * row), array.getDouble(2 * row + 1)))
                        .toList());
            }
        } catch (IllegalArgumentException e) {
            throw notACurve(name, e);
        }
        throw notACurve(name, null);
    }

    private InvalidInputException notACurve(String name, IllegalArgumentException cause) {
        return new InvalidInputException(
                where + " holds no losses in its array '" + name
                        + "': needed are rows of two finite float64 numbers, rising"
                        + " errors above 0 and losses that do not fall.",
                cause);
    }

    private static String name(WeighedChange change) {
        return LOSS + change.kind().name().toLowerCase(Locale.ROOT) + ":"
                + change.layer().name();
    }

    private static Tensor points(LossCurve curve) {
        ByteBuffer data = buffer(2 * curve.points().size());
        curve.points().forEach(point -> put(data, new double[] {point.error(), point.loss()}));
        return new Tensor(ElementType.FLOAT64, List.of((long) curve.points().size(), 2L), data);
    }

    private boolean holds(Layer layer) {
        return Stream.of(PATCHES, MEAN, COVARIANCE)
                .anyMatch(kind -> arrays.containsKey(kind + layer.id().name()));
    }

    private void requireShapes(Layer layer) {
        String name = layer.id().name();
        long groups = layer.groups();
        requireShape(arrays.get(PATCHES + name), ElementType.INT64, List.of(), layer);
        requireShape(arrays.get(MEAN + name), ElementType.FLOAT64, List.of(groups, patch(layer)), layer);
        requireShape(
                arrays.get(COVARIANCE + name), ElementType.FLOAT64, List.of(groups, size(layer), size(layer)), layer);
    }

    private static long patch(Layer layer) {
        return (long) layer.weight().inPerGroup() * layer.weight().kernelSize();
    }

    private static long size(Layer layer) {
        return LayerMoments.covarianceSize(layer);
    }

    private Optional<LayerMoments> read(Layer layer) {
        if (!holds(layer)) {
            return Optional.empty();
        }
        requireShapes(layer);
        Tensor patches = arrays.get(PATCHES + layer.id().name());
        Tensor mean = arrays.get(MEAN + layer.id().name());
        Tensor covariance = arrays.get(COVARIANCE + layer.id().name());
        long patch = patch(layer);
        long size = size(layer);
        List<PatchMoments> groups = IntStream.range(0, layer.groups())
                .mapToObj(g -> new PatchMoments(
                        doubles(mean, g, patch),
                        new Matrix((int) size, (int) size, doubles(covariance, g, size * size))))
                .toList();
        return Optional.of(new LayerMoments((long) patches.getDouble(0), groups));
    }

    private void requireShape(Tensor array, ElementType type, List<Long> shape, Layer layer) {
        if (array == null || array.type() != type || !array.shape().equals(shape)) {
            throw new InvalidInputException(where + " has no moments of layer '" + layer.id() + "' (" + layer.weight()
                    + "): needed is an array of " + type + " " + shape + ", found "
                    + (array == null ? "none" : array.type() + " " + array.shape()) + ".");
        }
    }

    private double[] doubles(Tensor array, int group, long count) {
        double[] values = new double[(int) count];
        array.data()
                .slice((int) (group * count * 8), (int) count * 8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asDoubleBuffer()
                .get(values);
        if (Arrays.stream(values).anyMatch(x -> !Double.isFinite(x))) {
            throw new InvalidInputException(where + " holds moments that are NaN or infinite.");
        }
        return values;
    }

    private static Tensor means(LayerMoments layer) {
        int patch = layer.groups().get(0).mean().length;
        ByteBuffer data = buffer(layer.groups().size() * patch);
        layer.groups().forEach(group -> put(data, group.mean()));
        return new Tensor(ElementType.FLOAT64, List.of((long) layer.groups().size(), (long) patch), data);
    }

    private static Tensor covariances(LayerMoments layer) {
        long size = layer.groups().get(0).covariance().rows();
        ByteBuffer data = buffer(Math.toIntExact(layer.groups().size() * size * size));
        layer.groups().forEach(group -> put(data, group.covariance().data()));
        return new Tensor(ElementType.FLOAT64, List.of((long) layer.groups().size(), size, size), data);
    }

    private static ByteBuffer buffer(int doubles) {
        return ByteBuffer.allocate(Math.multiplyExact(doubles, 8)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static void put(ByteBuffer data, double[] values) {
        data.asDoubleBuffer().put(values);
        data.position(data.position() + values.length * 8);
    }

    private static Tensor digest(String sha256) {
        return new Tensor(
                ElementType.UINT8, List.of(32L), ByteBuffer.wrap(HexFormat.of().parseHex(sha256)));
    }

    private static String hex(Tensor digest) {
        byte[] bytes = new byte[digest.data().remaining()];
        digest.data().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
