package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.ProgressEvent.Notice;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** In which form a model is written. */
final class OutputForm {
    @Option(
            names = "--one-file",
            description = "Write the weights of an ONNX model into the model file, also if it had them in a second one,"
                    + " for programs that load it from an array of bytes. Where they do not fit, above 1.9 GB, there is a second"
                    + " file all the same, and a notice.")
    private boolean oneFile;

    /** Saves a model; that it is too large for one file must not cost the result. */
    void save(CompressibleModel<?> model, Path output, Console console) {
        CompressibleModel<?> form = model;
        if (oneFile) {
            try {
                form = model.inOneFile();
            } catch (InvalidInputException e) {
                console.progress().onEvent(new Notice("Not written as one file: " + e.getMessage()));
            }
        }
        form.save(output);
    }
}
