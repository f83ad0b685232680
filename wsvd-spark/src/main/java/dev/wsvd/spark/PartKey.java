package dev.wsvd.spark;

import java.io.Serializable;
import java.util.Comparator;
import org.apache.spark.Partitioner;

/** Which sums these are. No record, which not every serializer of Spark's knows. */
final class PartKey implements Serializable, Comparable<PartKey> {
    private static final long serialVersionUID = 1L;

    private static final Comparator<PartKey> ORDER =
            Comparator.comparingInt(PartKey::group).thenComparingInt(PartKey::number);

    private final int group;
    private final int number;

    /**
     * @param group number of the layers that are watched together
     * @param number of the samples' part, or of the parts that were added
     */
    PartKey(int group, int number) {
        this.group = group;
        this.number = number;
    }

    int group() {
        return group;
    }

    int number() {
        return number;
    }

    @Override
    public int compareTo(PartKey other) {
        return ORDER.compare(this, other);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PartKey key && compareTo(key) == 0;
    }

    @Override
    public int hashCode() {
        return 31 * group + number;
    }

    /**
     * Sums of some parts next to each other to one place, those of all layers.
     *
     * @param each how many parts go to a place
     */
    static Partitioner bySamples(int each, int places) {
        return new BySamples(each, places);
    }

    /** Sums of the same layers to one place. */
    static Partitioner byLayers(int groups) {
        return new ByLayers(groups);
    }

    private static final class BySamples extends Partitioner {
        private static final long serialVersionUID = 1L;

        private final int each;
        private final int places;

        BySamples(int each, int places) {
            this.each = each;
            this.places = places;
        }

        @Override
        public int numPartitions() {
            return places;
        }

        @Override
        public int getPartition(Object key) {
            return ((PartKey) key).number() / each;
        }
    }

    private static final class ByLayers extends Partitioner {
        private static final long serialVersionUID = 1L;

        private final int groups;

        ByLayers(int groups) {
            this.groups = groups;
        }

        @Override
        public int numPartitions() {
            return groups;
        }

        @Override
        public int getPartition(Object key) {
            return ((PartKey) key).group();
        }
    }
}
