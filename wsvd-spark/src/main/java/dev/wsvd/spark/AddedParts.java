package dev.wsvd.spark;

import dev.wsvd.calibration.MomentsPart;
import java.util.Iterator;
import java.util.NoSuchElementException;
import scala.Tuple2;

/** Adds up sums of the same layers, which come one after the other: always in that order, and only two are in memory at a time. */
final class AddedParts implements Iterator<Tuple2<PartKey, MomentsPart>> {
    private final Iterator<Tuple2<PartKey, MomentsPart>> parts;
    private final int number;
    private Tuple2<PartKey, MomentsPart> next;

    /**
     * @param parts by layers, then by samples
     * @param number of what they give together
     */
    AddedParts(Iterator<Tuple2<PartKey, MomentsPart>> parts, int number) {
        this.parts = parts;
        this.number = number;
        advance();
    }

    private void advance() {
        next = parts.hasNext() ? parts.next() : null;
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    @Override
    public Tuple2<PartKey, MomentsPart> next() {
        if (next == null) {
            throw new NoSuchElementException();
        }
        int group = next._1().group();
        MomentsPart sum = next._2();
        for (advance(); next != null && next._1().group() == group; advance()) {
            sum = sum.plus(next._2());
        }
        return new Tuple2<>(new PartKey(group, number), sum);
    }
}
