package dev.wsvd.domain.cost;

import java.util.Objects;

/**
 * What a cost is counted in; anyone may add one.
 *
 * @param id the name in files and on the command line
 * @param unit for people, in the plural: {@code MACs}, {@code bytes}
 */
public record Metric(String id, String unit) {
    /** Multiply-accumulates per sample. */
    public static final Metric MAC = new Metric("mac", "MACs");
    /** Weight elements; biases are not counted. */
    public static final Metric MEMORY = new Metric("memory", "parameters");
    /** Bytes of weights as they are stored; biases are not counted. */
    public static final Metric BYTES = new Metric("bytes", "bytes");

    /** Wall time of a run in ns, measured on this machine. */
    public static final Metric LATENCY = new Metric("latency", "ns");

    public Metric {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(unit, "unit");
    }

    @Override
    public String toString() {
        return id;
    }
}
