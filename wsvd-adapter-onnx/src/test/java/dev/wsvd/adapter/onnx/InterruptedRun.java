package dev.wsvd.adapter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Interrupts a thread that runs a model, closes it, runs another, and prints what became of each. */
public final class InterruptedRun {
    private InterruptedRun() {}

    public static void main(String[] arguments) {
        Thread main = Thread.currentThread();
        Thread interrupting = new Thread(() -> {
            while (!isRunning()) {
                Thread.onSpinWait();
            }
            main.interrupt();
        });
        interrupting.start();
        try (Predictor endless = predictor(EndlessLoop.model())) {
            endless.run(Map.of("x", Tensor.ofFloats(List.of(1L, 6L), new float[6])));
        } catch (EngineLostException e) {
            System.out.println(e.getMessage());
        }
        System.out.println("still interrupted: " + Thread.interrupted());
        ModelProto negative = new ModelBuilder()
                .input("x", 1)
                .node("Neg", "", List.of("x"), "y")
                .output("y")
                .build();
        try (Predictor other = predictor(negative)) {
            Tensor result = other.run(Map.of("x", Tensor.ofFloats(List.of(1L), new float[] {3})))
                    .get("y");
            System.out.println(result.getDouble(0));
        }
    }

    private static boolean isRunning() {
        return Thread.getAllStackTraces().values().stream()
                .flatMap(Arrays::stream)
                .anyMatch(frame -> frame.isNativeMethod()
                        && frame.getClassName().equals("ai.onnxruntime.OrtSession")
                        && frame.getMethodName().equals("run"));
    }

    private static Predictor predictor(ModelProto model) {
        OnnxFormat format = new OnnxFormat();
        return format.predictor(
                format.of(model, "model.onnx", OpenOptions.DEFAULT).model());
    }
}
