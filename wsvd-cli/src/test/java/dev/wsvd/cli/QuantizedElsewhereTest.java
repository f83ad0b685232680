package dev.wsvd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What wsvd compressed, in int8 by ONNX Runtime's quantizer. The environment variable PYTHON names another interpreter that has it. */
class QuantizedElsewhereTest {
    private static final String PYTHON =
            Optional.ofNullable(System.getenv("PYTHON")).orElse("python3");
    private static final String NEEDED = "import onnxruntime.quantization";
    private static final Pattern ACCURACY = Pattern.compile("accuracy.*?(\\d\\.\\d{4})");

    /** As its users do it; with seven bits, which are right on every processor. */
    private static final String QUANTIZER = """
            import sys
            import numpy
            from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
            from onnxruntime.quantization.shape_inference import quant_pre_process

            model, prepared, made, images = sys.argv[1:]

            class Batches(CalibrationDataReader):
                def __init__(self):
                    image = numpy.load(images)["image"].astype(numpy.float32)
                    self.batches = iter([{"image": image[i : i + 50]} for i in range(0, len(image), 50)])

                def get_next(self):
                    return next(self.batches, None)

            quant_pre_process(model, prepared, skip_symbolic_shape=True)
            quantize_static(prepared, made, Batches(), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True)
            """;

    @TempDir
    Path folder;

    @Test
    void whatIsCompressedKeepsItsAccuracy() throws InterruptedException {
        assumeThat(isRun(NEEDED)).as("%s has onnxruntime.quantization", PYTHON).isTrue();
        Path small = folder.resolve("small.onnx");
        Path int8 = folder.resolve("int8.onnx");
        Call compressed = Call.of(
                "compress",
                Demo.MODEL,
                "-o",
                small,
                "--target",
                0.5,
                "--select",
                "budget",
                "--calibration",
                Demo.CALIBRATION,
                "--correct");
        assertThat(compressed.exitCode()).as(compressed.err()).isZero();

        assertThat(isRun(QUANTIZER, small, folder.resolve("prepared.onnx"), int8, Demo.CALIBRATION))
                .isTrue();

        assertThat(int8.toFile().length()).isLessThan(small.toFile().length() / 2);
        assertThat(accuracy(int8)).isCloseTo(accuracy(small), within(0.01));
    }

    private static double accuracy(Path model) {
        Call call = Call.of("evaluate", model, "--data", Demo.IMAGES, "--labels", Demo.LABELS);
        Matcher found = ACCURACY.matcher(call.out());
        assertThat(found.find()).as(call.out() + call.err()).isTrue();
        return Double.parseDouble(found.group(1));
    }

    /** Whether a program runs and ends well. */
    private static boolean isRun(String program, Path... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(PYTHON, "-c", program));
        for (Path argument : arguments) {
            command.add(argument.toString());
        }
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            // There is no such interpreter.
            return false;
        }
    }
}
