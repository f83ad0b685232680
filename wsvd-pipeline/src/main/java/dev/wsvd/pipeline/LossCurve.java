package dev.wsvd.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What an error of a layer's output does to the model's outputs, as measured for a few errors: straight from nothing to the first and
 * from each to the next, never falling, and on from the last as steep as it came, at least as steep as all the way to it.
 *
 * @param points by rising error
 */
record LossCurve(List<Point> points) {
    /**
     * One measurement.
     *
     * @param error squared relative error of the layer's output, above 0
     * @param loss divergence of the model's outputs
     */
    record Point(double error, double loss) {}

    /** Of a layer that was not measured. */
    static final LossCurve UNKNOWN = new LossCurve(List.of());

    /** Of a layer of which no option misses anything. */
    static final LossCurve NONE = new LossCurve(List.of(new Point(1, 0)));

    LossCurve {
        points = List.copyOf(points);
    }

    /** Whether an error is larger than those measured, by more than a factor. */
    boolean isBeyond(double error, double factor) {
        return points.isEmpty() || error > factor * last().error();
    }

    /** One more measurement, of a larger error. */
    LossCurve with(double error, double loss) {
        List<Point> more = new ArrayList<>(points);
        more.add(new Point(error, points.isEmpty() ? loss : Math.max(loss, last().loss())));
        return new LossCurve(more);
    }

    private Point last() {
        return points.get(points.size() - 1);
    }

    /** Loss per error, of the smallest that was measured; empty if none was. */
    OptionalDouble sensitivity() {
        return points.stream()
                .mapToDouble(point -> point.loss() / point.error())
                .findFirst();
    }

    /**
     * The loss for an error.
     *
     * @param otherwise loss per error of a layer that was not measured
     */
    double at(double error, double otherwise) {
        Point from = new Point(0, 0);
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
