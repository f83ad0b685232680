package dev.wsvd.domain;

/**
 * What a layer or a model costs.
 *
 * @param mac multiply-accumulates per sample
 * @param memory weight elements
 */
public record Cost(long mac, long memory) {
    public static final Cost ZERO = new Cost(0, 0);

    /** The sum of two costs. */
    public Cost plus(Cost other) {
        return new Cost(Math.addExact(mac, other.mac), Math.addExact(memory, other.memory));
    }

    /** The figure that a metric looks at. */
    public long of(CostMetric metric) {
        return switch (metric) {
            case MAC -> mac;
            case MEMORY -> memory;
        };
    }
}
