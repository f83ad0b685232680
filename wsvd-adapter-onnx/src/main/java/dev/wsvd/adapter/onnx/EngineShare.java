package dev.wsvd.adapter.onnx;

import dev.wsvd.domain.error.InvalidInputException;

/**
 * One of several workers' part of ONNX Runtime.
 *
 * @param worker its number, from 0; isolated workers have a process each
 * @param threads that ONNX Runtime computes with
 */
public record EngineShare(int worker, int threads) {
    /** @throws InvalidInputException if there is no such part */
    public EngineShare {
        if (worker < 0 || threads < 1) {
            throw new InvalidInputException("A worker's number is at least 0 and its threads at least 1, found "
                    + worker + " and " + threads + ".");
        }
    }
}
