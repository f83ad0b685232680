package dev.wsvd.adapter.onnx;

import dev.wsvd.domain.error.WsvdException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.JavaProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Opens and runs a model in a JVM of its own, which may not survive it, and prints what became of that: the obstacle of each
 * layer, or the message.
 */
public final class OpenedAlone {
    private OpenedAlone() {}

    /** What happened in another JVM; fails the test if that did not live to tell. */
    static List<String> outcome(Path model, Path scratch) throws IOException, InterruptedException {
        return new JavaProgram(OpenedAlone.class).option("-Xmx512m").run(scratch, model.toString());
    }

    public static void main(String[] arguments) {
        OnnxFormat format = new OnnxFormat();
        try (CompressibleModel<OnnxModel> model = format.open(Path.of(arguments[0]), OpenOptions.DEFAULT)) {
            model.layers().forEach(layer -> System.out.println(layer.id() + ": " + layer.obstacle()));
            format.predictor(model.model()).run(FullRank.inputs(model.model()));
            System.out.println("runs");
        } catch (WsvdException e) {
            System.out.println(e.getMessage());
        }
    }
}
