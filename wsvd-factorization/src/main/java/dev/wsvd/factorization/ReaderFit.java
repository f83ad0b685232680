package dev.wsvd.factorization;

import dev.wsvd.domain.plan.Stage;

/** A layer that reads units, for each number of them in one order. */
interface ReaderFit {
    /** What the layer misses of its outputs with so many units, E‖y − y'‖² / E‖y − ȳ‖²; 0 where there is nothing. */
    double missing(int units);

    /** The layer with so many units: its input channels are those of the units and those of none, rising. */
    Stage stage(int units);
}
