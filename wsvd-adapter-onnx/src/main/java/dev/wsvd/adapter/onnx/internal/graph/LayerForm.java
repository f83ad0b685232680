package dev.wsvd.adapter.onnx.internal.graph;

/** How a layer stands in a graph. */
public enum LayerForm {
    /** {@code Conv}: W[n][m/g][k…]. */
    CONV,
    /** {@code ConvTranspose}: W[m][n/g][k…], the weight of the convolution from n to m channels that it transposes. */
    CONV_TRANSPOSE,
    /** {@code Gemm} with the weight as B: y = α·op(X)·op(B) + β·C. */
    GEMM_RIGHT,
    /** {@code Gemm} with the weight as A: y = α·op(A)·op(X) + β·C; positions are columns. */
    GEMM_LEFT,
    /** {@code MatMul} with the weight on the right: y = X·B, B[m][n]. */
    MATMUL_RIGHT,
    /** {@code MatMul} with the weight on the left: y = A·X, A[n][m]; positions are columns. */
    MATMUL_LEFT;

    public boolean isConv() {
        return this == CONV || this == CONV_TRANSPOSE;
    }
}
