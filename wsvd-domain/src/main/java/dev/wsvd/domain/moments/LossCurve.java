package dev.wsvd.domain.moments;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What an error of a layer's output does to the model's outputs, as measured for a few errors: straight from nothing to the first and
 * from each to the next, never falling, and on from the last as steep as it came, at least as steep as all the way to it.
 *
 * @param points by rising error
 */
public record LossCurve(List<Point> points) {
    /**
     * One measurement.
     *
     * @param error squared relative error of the layer's output, above 0
     * @param loss divergence of the model's outputs
     */
    public record Point(double error, double loss) {}

    private static final Point ORIGIN = new Point(0, 0);

    /** Of a layer that was not measured. */
    public static final LossCurve UNKNOWN = new LossCurve(List.of());

    /** Of a layer of which no option misses anything. */
    public static final LossCurve NONE = new LossCurve(List.of(new Point(1, 0)));

    /** @throws IllegalArgumentException if numbers are not finite, errors do not rise from 0 or losses fall */
    public LossCurve {
        points = List.copyOf(points);
        Point before = ORIGIN;
        for (Point point : points) {
            if (!(point.error > before.error
                    && point.loss >= before.loss
                    && Double.isFinite(point.error)
                    && Double.isFinite(point.loss))) {
                throw new IllegalArgumentException("After " + before + " there cannot be " + point + ".");
            }
            before = point;
        }
    }

    /** Whether an error is larger than those measured, by more than a factor. */
    public boolean isBeyond(double error, double factor) {
        return points.isEmpty() || error > factor * last().error();
    }

    /** One more measurement, of a larger error. */
    public LossCurve with(double error, double loss) {
        List<Point> more = new ArrayList<>(points);
        more.add(new Point(error, points.isEmpty() ? loss : Math.max(loss, last().loss())));
        return new LossCurve(more);
    }

    private Point last() {
        return points.get(points.size() - 1);
    }

    /** Loss per error, of the smallest that was measured; empty if none was. */
    public OptionalDouble sensitivity() {
        return points.stream()
                .mapToDouble(point -> point.loss() / point.error())
                .findFirst();
    }

    /**
     * The loss for an error.
     *
     * @param otherwise loss per error of a layer that was not measured
     */
    public double at(double error, double otherwise) {
        Point from = ORIGIN;
        double slope = otherwise;
        for (Point to : points) {
            slope = (to.loss() - from.loss()) / (to.error() - from.error());
            if (error <= to.error()) {
                return from.loss() + slope * (error - from.error());
            }
            from = to;
        }
        double overall = from.error() == 0 ? slope : from.loss() / from.error();
        return from.loss() + Math.max(slope, overall) * (error - from.error());
    }
}
