package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.GhostBatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Coupling.Side;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Uncoupled;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.testkit.ExactFactors;
import dev.wsvd.testkit.ExactForm;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which units are couplings, and why others are none. */
class DjlCouplingTest {
    private static final Shape VECTOR = new Shape(1, 6);
    private static final Shape IMAGE = new Shape(1, 4, 6, 6);

    @Test
    void aCouplingHasAllThatShareTheUnits() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(Networks.conv(8, 3, 1, 1))
                .add(Networks.conv(8, 3, 1, 8))
                .add(Activation.reluBlock())
                .add(Pool.maxPool2dBlock(new Shape(3, 3), new Shape(3, 3)))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(5));
        try (Model model = Networks.model(blocks, IMAGE)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);

            assertThat(original.couplings()).singleElement().satisfies(coupling -> {
                assertThat(coupling.layer().id()).isEqualTo(new LayerId("06Linear"));
                assertThat(coupling.kind()).isEqualTo(Coupling.Kind.CHANNELS);
                assertThat(coupling.units()).isEqualTo(8);
                assertThat(coupling.slices())
                        .extracting(slice -> slice.layer().id().name(), Coupling.Slice::side, coupling::spread)
                        .containsExactly(
                                tuple("01Conv2d", Side.WRITES, 1),
                                tuple("02Conv2d", Side.PASSES, 1),
                                tuple("06Linear", Side.READS, 4));
                assertThat(coupling.slices().get(2).channels())
                        .isEqualTo(IntStream.range(0, 32).boxed().toList());
            });
            assertThat(original.uncoupled())
                    .containsExactly(
                            new Uncoupled(List.of(new LayerId("06Linear")), 5, "they are an output of the model"));
        }
    }

    @Test
    void rowsThatAreFlattenedSpreadTheirFeatures() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(Networks.linear(4))
                .add(Blocks.batchFlattenBlock())
                .add(Networks.linear(5));
        try (Model model = Networks.model(blocks, new Shape(1, 3, 6))) {
            Coupling coupling = DjlModels.of(model, blocks).couplings().get(0);

            assertThat(coupling.channels(coupling.readers().get(0), 1)).containsExactly(1, 5, 9);
        }
    }

    @Test
    void biasesAreRead() {
        Supplier<Block> blocks =
                () -> new SequentialBlock().add(Networks.conv(8, 3, 1, 1)).add(Networks.conv(8, 3, 1, 2));
        try (Model model = Networks.model(blocks, IMAGE)) {
            model.getBlock().getParameters().get("01Conv2d_bias").getArray().addi(2);
            CompressibleModel<Model> original = DjlModels.of(model, blocks);

            assertThat(original.bias(new LayerId("01Conv2d")).orElseThrow()).containsExactly(2, 2, 2, 2, 2, 2, 2, 2);
            assertThat(original.bias(new LayerId("02Conv2d"))).isEmpty();
            assertThatThrownBy(() -> original.bias(new LayerId("03Conv2d")))
                    .isInstanceOf(InvalidInputException.class)
                    .hasMessage("The model has no layer '03Conv2d'.");
        }
    }

    /** Networks that begin with a layer, and why its 8 units have to stay. */
    static Stream<Arguments> obstacles() {
        return Stream.concat(obstaclesOfVectors(), obstaclesOfImages());
    }

    private static Stream<Arguments> obstaclesOfVectors() {
        return Stream.of(
                between(
                        "block '02LayerNorm' (LayerNorm) does not keep them apart",
                        () -> LayerNorm.builder().build()),
                between(
                        "block '02GhostBatchNorm' (GhostBatchNorm) does not keep them apart",
                        () -> GhostBatchNorm.builder().optVirtualBatchSize(1).build()),
                between(
                        "block '02LambdaBlock' (lambda, 'doubled') does not keep them apart",
                        () -> LambdaBlock.singleton(array -> array.mul(2), "doubled")),
                between(
                        "block '02LambdaBlock' (lambda, 'anonymous') does not keep them apart",
                        () -> new LambdaBlock(arrays -> new NDList(arrays.get(0).softmax(1)))),
                between(
                        "block '02LambdaBlock' (lambda, 'ReLU') does not keep them apart",
                        () -> LambdaBlock.singleton(array -> array.sub(array.mean(new int[] {1}, true)), "ReLU")),
                between(
                        "block '02LambdaBlock' (lambda, 'identity') does not keep them apart",
                        () -> LambdaBlock.singleton(array -> array.flip(1), "identity")),
                between(
                        "block '02LambdaBlock' (lambda, 'Swish') does not keep them apart",
                        () -> LambdaBlock.singleton(
                                array -> array.mul(array.getManager().arange(8f)), "Swish")),
                between(
                        "block '02Around' (Around) does not keep them apart",
                        () -> new OwnBlock.Around(Networks.linear(8), false, (layer, input) -> layer.apply(input))),
                between(
                        "block '02SequentialBlock' (SequentialBlock) does not keep them apart",
                        () -> new SequentialBlock().setReturnIntermediate(true).add(Activation.reluBlock())),
                between(
                        "block '02Backwards' (Backwards) does not keep them apart",
                        () -> new Backwards().add(Activation.reluBlock())),
                between(
                        "block '02ParallelBlock' (ParallelBlock) joins them in a way that is not known",
                        () -> new ParallelBlock(
                                branches -> new NDList(branches.get(0)
                                        .singletonOrThrow()
                                        .add(branches.get(1).singletonOrThrow().mul(0.5))),
                                List.of(Activation.reluBlock(), Activation.tanhBlock()))),
                between("block '02ParallelBlock' (ParallelBlock) joins them in a way that is not known", () -> {
                    Block twice = Activation.reluBlock();
                    return new ParallelBlock(DjlCouplingTest::sum, List.of(twice, twice));
                }),
                obstacle(
                        "they are added to channels that nothing can cut",
                        VECTOR,
                        () -> new ParallelBlock(
                                DjlCouplingTest::sum,
                                List.of(new SequentialBlock().add(Networks.linear(6)), Blocks.identityBlock())),
                        () -> Networks.linear(5)),
                obstacle("they are an output of the model", VECTOR, () -> Networks.linear(8), Activation::reluBlock),
                obstacle("there is one only", VECTOR, () -> Networks.linear(1), () -> Networks.linear(5)));
    }

    private static Arguments between(String reason, Supplier<Block> block) {
        return obstacle(reason, VECTOR, () -> Networks.linear(8), block, () -> Networks.linear(5));
    }

    private static Stream<Arguments> obstaclesOfImages() {
        return Stream.of(
                obstacle(
                        "layer '02Conv2d' is a grouped convolution",
                        IMAGE,
                        () -> Networks.conv(8, 3, 1, 1),
                        () -> Networks.conv(8, 3, 1, 2)),
                obstacle(
                        "layer '03OwnLinear' cannot be changed (its class OwnLinear may compute something else than"
                                + " Linear)",
                        IMAGE,
                        () -> Networks.conv(8, 3, 1, 1),
                        Blocks::batchFlattenBlock,
                        () -> new OwnBlock.OwnLinear(5)),
                obstacle(
                        "block '02LambdaBlock' (lambda, 'batchFlatten') does not keep them apart",
                        IMAGE,
                        () -> Networks.conv(8, 3, 1, 1),
                        () -> Blocks.batchFlattenBlock(8 * 36),
                        () -> Networks.linear(5)),
                obstacle(
                        "they are not the input channels of layer '02Linear'",
                        IMAGE,
                        () -> Networks.conv(8, 3, 1, 1),
                        () -> Networks.linear(5)),
                obstacle(
                        "block '02BatchNorm' (BatchNorm) does not keep them apart",
                        new Shape(1, 8, 6),
                        () -> Networks.linear(7),
                        () -> BatchNorm.builder().build(),
                        () -> Networks.linear(5)));
    }

    @SafeVarargs
    private static Arguments obstacle(String reason, Shape input, Supplier<Block>... blocks) {
        Supplier<Block> network = () -> {
            SequentialBlock all = new SequentialBlock();
            for (Supplier<Block> block : blocks) {
                all.add(block.get());
            }
            return all;
        };
        return arguments(reason, input, network);
    }

    private static NDList sum(List<NDList> branches) {
        return new NDList(branches.stream()
                .map(NDList::singletonOrThrow)
                .reduce(NDArray::add)
                .orElseThrow());
    }

    /** Runs its blocks in another way than a sequence. */
    private static final class Backwards extends SequentialBlock {
        @Override
        protected NDList forwardInternal(
                ParameterStore store, NDList data, boolean training, PairList<String, Object> params) {
            NDList output = super.forwardInternal(store, data, training, params);
            return new NDList(output.singletonOrThrow().flip(1));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("obstacles")
    void whatElseSeesUnitsKeepsThem(String reason, Shape input, Supplier<Block> blocks) {
        try (Model model = Networks.model(blocks, input)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);

            assertThat(original.couplings())
                    .allSatisfy(coupling -> assertThat(
                                    coupling.writers().get(0).layer().id())
                            .isNotEqualTo(original.layers().get(0).id()));
            assertThat(original.uncoupled()).first().satisfies(first -> {
                assertThat(first.reason()).isEqualTo(reason);
                assertThat(first.writers())
                        .containsExactly(original.layers().get(0).id());
                assertThat(first.units()).isEqualTo(original.layers().get(0).outChannels());
            });
        }
    }

    @Test
    void layersInsideABlockThatIsNotKnownHaveToStay() {
        try (Model model = Networks.model(OwnBlock::new, new Shape(1, 3, 6, 6))) {
            CompressibleModel<Model> original = DjlModels.of(model, OwnBlock::new);

            assertThat(original.couplings()).isEmpty();
            assertThat(original.uncoupled())
                    .hasSize(8)
                    .allSatisfy(
                            one -> assertThat(one.reason()).isEqualTo("they are inside block 'OwnBlock' (OwnBlock)"));
        }
    }

    @Test
    void whatIsUsedTwiceHasToStay() {
        Supplier<Block> blocks = () -> {
            Block normalisation = BatchNorm.builder().build();
            return new SequentialBlock()
                    .add(Networks.linear(8))
                    .add(normalisation)
                    .add(Networks.linear(8))
                    .add(normalisation)
                    .add(Networks.linear(5));
        };
        try (Model model = Networks.model(blocks, VECTOR)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);

            assertThat(original.couplings()).isEmpty();
            assertThat(original.uncoupled())
                    .extracting(Uncoupled::reason)
                    .startsWith(
                            "the parameters of block '02BatchNorm' are used 2 times in one pass",
                            "the parameters of block '04BatchNorm' are used 2 times in one pass");
        }
    }

    /** Lambdas that pass an array on in a way that no block tells of. */
    @Test
    void aHiddenConnectionIsFoundOutByARun() {
        Supplier<Block> blocks = () -> {
            AtomicReference<Float> hidden = new AtomicReference<>();
            return new SequentialBlock()
                    .add(Networks.linear(8))
                    .addSingleton(array -> {
                        hidden.set(array.mean().getFloat());
                        return Activation.relu(array);
                    })
                    .add(Networks.linear(6))
                    .add(Activation.reluBlock())
                    .add(Networks.linear(5))
                    .addSingleton(array -> array.add(hidden.get()).mul(1e-4));
        };
        try (Model model = Networks.model(blocks, VECTOR)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);

            assertThat(original.couplings())
                    .extracting(coupling -> coupling.layer().id().name())
                    .containsExactly("05Linear");
            assertThat(original.uncoupled())
                    .contains(new Uncoupled(
                            List.of(new LayerId("01Linear")),
                            8,
                            "a run without some of them shows that something else sees them"));
        }
    }

    @Test
    void stagesHaveToStay() {
        Supplier<Block> blocks = () -> new SequentialBlock()
                .add(Networks.linear(8))
                .add(Networks.linear(7))
                .add(Networks.linear(6))
                .add(Networks.linear(5));
        try (Model model = Networks.model(blocks, VECTOR)) {
            CompressibleModel<Model> original = DjlModels.of(model, blocks);
            Layer second = original.layers().get(1);
            try (CompressibleModel<Model> split = original.with(
                    List.of(ExactFactors.of(second, original.weights(second.id()), ExactForm.OUTPUT_CHANNEL)))) {
                assertThat(split.couplings())
                        .extracting(coupling -> coupling.layer().id().name())
                        .containsExactly("04Linear");
                assertThat(split.uncoupled())
                        .filteredOn(one -> one.reason().equals("layer '02Linear' is computed in stages"))
                        .extracting(one -> one.writers().get(0).name())
                        .containsExactly("01Linear", "02Linear_01Linear", "02Linear_02Linear");
            }
        }
    }
}
