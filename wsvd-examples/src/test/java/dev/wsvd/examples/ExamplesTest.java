package dev.wsvd.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wsvd.cost.Costs;
import dev.wsvd.domain.cost.Metric;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.evaluation.NpyFiles;
import dev.wsvd.json.JsonScores;
import dev.wsvd.pipeline.OpenedModel;
import dev.wsvd.pipeline.resolve.Services;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs do what the README says, and the README shows these very programs. */
class ExamplesTest {
    private static final Path ROOT = Path.of("..");
    private static final Path DEMO = ROOT.resolve("demo");
    private static final String MODEL = DEMO.resolve("fashion-resnet.onnx").toString();
    private static final String IMAGES = DEMO.resolve("test-images.npz").toString();
    private static final String LABELS = DEMO.resolve("test-labels.npy").toString();

    @TempDir
    Path folder;

    @Test
    void compressOnnxHalvesTheMacs() {
        Path images = folder.resolve("images.npy");
        Path labels = folder.resolve("labels.npy");
        NpyFiles.write(images, NpyFiles.readNpz(Path.of(IMAGES)).get("image").samples(0, 100));
        NpyFiles.write(labels, NpyFiles.read(Path.of(LABELS)).samples(0, 100));
        Path output = folder.resolve("small.onnx");

        CompressOnnx.main(new String[] {MODEL, images.toString(), output.toString()});

        assertThat(macs(output)).isLessThanOrEqualTo(macs(Path.of(MODEL)) / 2);
    }

    @Test
    void splitByHandSplitsWhatItNames() {
        Path output = folder.resolve("small.onnx");

        SplitByHand.main(new String[] {MODEL, output.toString()});

        assertThat(OpenedModel.of(output, OpenOptions.DEFAULT).model().layers())
                .anyMatch(layer ->
                        layer.id().name().startsWith("fc1") && layer.weight().out() == 32)
                .noneMatch(layer -> layer.id().name().equals("stage3.0.conv2"));
    }

    @Test
    void ownEvaluatorKeepsItsScores() {
        Path scores = folder.resolve("scores.json");

        OwnEvaluator.main(
                new String[] {MODEL, IMAGES, folder.resolve("small.onnx").toString(), scores.toString()});

        assertThat(JsonScores.at(scores).load().orElseThrow().table().entries()).isNotEmpty();
    }

    @Test
    void theReadmeShowsTheProgramAsItIs() throws IOException {
        String program = Files.readString(Path.of("src/main/java/dev/wsvd/examples/CompressOnnx.java"));
        String body = program.substring(program.indexOf("        var onnx"), program.indexOf("    }\n}"));

        assertThat(Files.readString(ROOT.resolve("README.md")))
                .contains(body.stripTrailing().stripIndent());
    }

    @Test
    void theReadmeOfDjlShowsTheProgramAsItIs() throws IOException {
        String program = Files.readString(Path.of("src/main/java/dev/wsvd/examples/CompressDjl.java"));
        String body = program.substring(
                program.indexOf("            var original"), program.indexOf("            try (var plain"));

        assertThat(Files.readString(ROOT.resolve("wsvd-adapter-djl/README.md")))
                .contains(body.stripTrailing().stripIndent());
    }

    @Test
    void theRecipesShowPrograms() throws IOException {
        String programs = bare(Files.readString(Path.of("src/main/java/dev/wsvd/examples/SearchTexts.java"))
                + Files.readString(Path.of("src/main/java/dev/wsvd/examples/CompressDjl.java"))
                + Files.readString(Path.of("src/test/java/dev/wsvd/examples/SpringAiTest.java")));
        List<String> shown = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(ROOT.resolve("docs/recipes.md")))
                .results()
                .map(match -> bare(match.group(1)))
                .toList();

        assertThat(shown).hasSize(3).allSatisfy(code -> assertThat(programs).contains(code));
    }

    private static String bare(String code) {
        return code.replaceAll("\\s+", "");
    }

    private static long macs(Path model) {
        return Costs.of(Services.schemes())
                .of(OpenedModel.of(model, OpenOptions.DEFAULT).model().layers())
                .of(Metric.MAC);
    }
}
