package dev.wsvd.adapter.onnx;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.testkit.JavaProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Opens and runs a model in a JVM of its own, which may not survive it, and prints what became of that: why each
 * layer, or the message.
 */
public final class OpenedAlone {
    private OpenedAlone() {}

    /** What happened in another JVM; fails the test if that did not live to tell. */
    static List<String> outcome(Path model, Path scratch) throws IOException, InterruptedException {
        return new JavaProgram(OpenedAlone.class).option("-Xmx512m").run(scratch, model.toString());
    }

    /** @param rank how many dims the model's input x is given */
    static List<String> outcome(Path model, Path scratch, int rank) throws IOException, InterruptedException {
        return new JavaProgram(OpenedAlone.class)
                .option("-Xmx512m")
                .run(scratch, model.toString(), String.valueOf(rank));
    }

    public static void main(String[] arguments) {
        OnnxFormat format = new OnnxFormat();
        try (CompressibleModel<OnnxModel> model = format.open(Path.of(arguments[0]), OpenOptions.DEFAULT)) {
            model.layers().forEach(layer -> System.out.println(layer.id() + ": " + layer.unsupportedReason()));
            Map<String, Tensor> inputs = FullRank.inputs(model.model());
            if (arguments.length > 1) {
                List<Long> ones = Collections.nCopies(Integer.parseInt(arguments[1]), 1L);
                inputs.put("x", Tensor.ofFloats(ones, new float[1]));
            }
            format.predictor(model.model()).run(inputs);
            System.out.println("runs");
        } catch (WsvdException e) {
            System.out.println(e.getMessage());
        }
    }
}
