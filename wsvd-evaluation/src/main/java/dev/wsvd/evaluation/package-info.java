/** How good and how fast a model is, in any format, measured on NumPy arrays: accuracy, fidelity and latency. */
package dev.wsvd.evaluation;
