package dev.wsvd.adapter.onnx.internal.coupling;

/** Finds couplings of some kind in a graph. */
public interface CouplingFinder {
    /** All of that kind, exact ones only: nothing but the slices and edits of a coupling depends on its units. */
    Findings find(CouplingGraph graph);
}
