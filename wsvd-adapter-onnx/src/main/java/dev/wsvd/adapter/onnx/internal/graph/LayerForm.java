package dev.wsvd.adapter.onnx.internal.graph;

/** How a layer stands in a graph. */
public enum LayerForm {
    /** {@code Conv}: W[n][m/g][k…]. */
    CONV,
    /** {@code ConvTranspose}: W[m][n/g][k…]. */
    CONV_TRANSPOSE,
    /** {@code Gemm} with the weight as B: y = α·op(X)·op(B) + β·C. */
    GEMM_RIGHT,
    /** {@code Gemm} with the weight as A: y = α·op(A)·op(X) + β·C; positions are columns. */
    GEMM_LEFT,
    /** {@code MatMul} with the weight on the right: y = X·B, B[m][n]. */
    MATMUL_RIGHT,
    /** {@code MatMul} with the weight on the left: y = A·X, A[n][m]; positions are columns. */
    MATMUL_LEFT,
    /** {@code Gather} with the weight as its data, along axis 0: for each index i the row i of Wᵀ[m][n]. */
    GATHER,
    /** {@code LSTM}, {@code GRU} or {@code RNN} by its input weight W[directions][gates·H][m], whose outputs stay inside the cell. */
    RECURRENT_INPUT,
    /** The same node by its recurrent weight R[directions][gates·H][H]. */
    RECURRENT_STATE;

    public boolean isConv() {
        return this == CONV || this == CONV_TRANSPOSE;
    }

    public boolean isGemm() {
        return this == GEMM_RIGHT || this == GEMM_LEFT;
    }

    /** Whether the weight is the first operand. */
    public boolean isWeightFirst() {
        return this == GEMM_LEFT || this == MATMUL_LEFT || this == GATHER;
    }

    public boolean isRecurrent() {
        return this == RECURRENT_INPUT || this == RECURRENT_STATE;
    }

    /** Whether the last dim of what the node gives is that of the outputs of the weight. */
    public boolean hasFeaturesLast() {
        return this == GEMM_RIGHT || this == MATMUL_RIGHT || this == GATHER;
    }
}
