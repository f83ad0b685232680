package dev.wsvd.examples;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.wsvd.adapter.djl.DjlAccuracyEvaluator;
import dev.wsvd.adapter.djl.DjlModels;
import dev.wsvd.domain.spi.Evaluator;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The DJL program, on the images of Debian's package dataset-fashion-mnist. */
@Tag("slow")
class CompressDjlTest {
    private static final Path FASHION_MNIST =
            Path.of(System.getProperty("wsvd.fashion-mnist", "/usr/share/datasets/fashion-mnist"));

    @TempDir
    Path folder;

    static Arguments[] networks() {
        return new Arguments[] {
            Arguments.of("lenet", (Supplier<Block>) CompressDjl::leNet),
            Arguments.of("resnet", (Supplier<Block>) CompressDjl::resNet),
            Arguments.of("lstm", (Supplier<Block>) CompressDjl::lstm)
        };
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("networks")
    void halfTheMacsWithAlmostTheAccuracy(String name, Supplier<Block> blocks) throws Exception {
        try (NDManager manager = NDManager.newBaseManager()) {
            FashionMnist training = FashionMnist.training(FASHION_MNIST, manager);
            FashionMnist test = FashionMnist.test(FASHION_MNIST, manager);

            CompressDjl.Outcome outcome = CompressDjl.run(name, blocks, 0.5, training, test, folder);

            assertThat(outcome.trained()).isGreaterThan(0.75);
            assertThat(outcome.macRatio()).isLessThanOrEqualTo(0.5);
            assertThat(outcome.tuned()).isGreaterThan(outcome.compressed()).isGreaterThan(outcome.trained() - 0.05);
            assertThat(outcome.shown()).isEqualTo("boot");
            try (Model loaded = DjlModels.load(outcome.folder(), blocks)) {
                assertThat(DjlAccuracyEvaluator.of(test.samples(0, 10_000, 100, false))
                                .evaluate(loaded, Evaluator.ALL)
                                .score())
                        .isEqualTo(outcome.tuned());
            }
        }
    }
}
