package dev.wsvd.adapter.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import dev.wsvd.domain.layer.Coupling;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.plan.Cut;
import dev.wsvd.domain.plan.Replacement;
import dev.wsvd.domain.plan.Shrink;
import dev.wsvd.domain.spi.CompressibleModel;
import dev.wsvd.domain.spi.OpenOptions;
import dev.wsvd.testkit.Cuts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever stands between layers: a model without some units computes what the original does whose readers do not look at those
 * units, also when it is saved and opened, and has the sizes that were told before.
 */
class DjlCutGridTest {
    private static final double TOLERANCE = 1e-4;
    private static final Shape VECTOR = new Shape(3, 6);
    private static final Shape ROWS = new Shape(3, 5, 6);
    private static final Shape SIGNAL = new Shape(3, 4, 12);
    private static final Shape IMAGE = new Shape(3, 4, 9, 8);
    private static final Shape VOLUME = new Shape(3, 2, 5, 6, 5);

    @TempDir
    private static Path folder;

    /** @param couplings how many there are */
    private record Network(String name, Supplier<Block> blocks, Shape input, int couplings) {}

    private static Network network(String name, Shape input, int couplings, Supplier<SequentialBlock> blocks) {
        return new Network(name, blocks::get, input, couplings);
    }

    static Stream<Network> networks() {
        List<Network> all = new ArrayList<>();
        betweenLinears(all);
        betweenConvolutions(all);
        branches(all);
        return all.stream();
    }

    private static void betweenLinears(List<Network> all) {
        Map<String, Supplier<Block>> between = Map.ofEntries(
                Map.entry("ReLU", Activation::reluBlock),
                Map.entry("ReLU6", Activation::relu6Block),
                Map.entry("sigmoid", Activation::sigmoidBlock),
                Map.entry("tanh", Activation::tanhBlock),
                Map.entry("softplus", Activation::softPlusBlock),
                Map.entry("softsign", Activation::softSignBlock),
                Map.entry("leaky ReLU", () -> Activation.leakyReluBlock(0.1f)),
                Map.entry("ELU", () -> Activation.eluBlock(0.7f)),
                Map.entry("SELU", Activation::seluBlock),
                Map.entry("GELU", Activation::geluBlock),
                Map.entry("Swish", () -> Activation.swishBlock(1.5f)),
                Map.entry("Mish", Activation::mishBlock),
                Map.entry("identity", Blocks::identityBlock),
                Map.entry("dropout", () -> Dropout.builder().optRate(0.3f).build()),
                Map.entry("batch normalisation", () -> BatchNorm.builder().build()),
                Map.entry(
                        "a sequence",
                        () -> new SequentialBlock()
                                .add(BatchNorm.builder().build())
                                .add(Activation::tanh)));
        between.forEach((name, block) -> all.add(network(
                name + " between linear layers",
                VECTOR,
                1,
                () -> new SequentialBlock()
                        .add(Networks.linear(8))
                        .add(block.get())
                        .add(Networks.linear(5)))));
        all.add(network(
                "rows of features",
                ROWS,
                2,
                () -> new SequentialBlock()
                        .add(Networks.linear(8))
                        .add(Activation::gelu)
                        .add(Networks.linear(7))
                        .add(Activation::relu)
                        .add(Blocks.batchFlattenBlock())
                        .add(Networks.linear(5))));
        all.add(network(
                "without biases",
                VECTOR,
                2,
                () -> new SequentialBlock()
                        .add(unbiased(8))
                        .add(Activation::relu)
                        .add(unbiased(7))
                        .add(Activation::relu)
                        .add(unbiased(5))));
    }

    private static Linear unbiased(int units) {
        return Linear.builder().setUnits(units).optBias(false).build();
    }

    private static void betweenConvolutions(List<Network> all) {
        all.add(network(
                "convolution, normalisation, ReLU",
                IMAGE,
                1,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 3, 1, 1))
                        .add(BatchNorm.builder().build())
                        .add(Activation.reluBlock())
                        .add(Networks.conv(5, 3, 1, 1))));
        Map<String, Supplier<Block>> pools = Map.of(
                "max", () -> Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)),
                "average", () -> Pool.avgPool2dBlock(new Shape(3, 2), new Shape(1, 2), new Shape(1, 1)),
                "Lp", () -> Pool.lpPool2dBlock(2, new Shape(2, 2)));
        pools.forEach((name, pool) -> all.add(network(
                name + " pool, flatten",
                IMAGE,
                2,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 3, 1, 1))
                        .add(Activation.reluBlock())
                        .add(pool.get())
                        .add(Networks.conv(6, 3, 0, 1))
                        .add(Blocks.batchFlattenBlock())
                        .add(Networks.linear(5)))));
        Map<String, Supplier<Block>> global = Map.of(
                "max", Pool::globalMaxPool2dBlock,
                "average", Pool::globalAvgPool2dBlock,
                "Lp", () -> Pool.globalLpPool2dBlock(2));
        global.forEach((name, pool) -> all.add(network(
                "global " + name + " pool",
                IMAGE,
                1,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 3, 1, 1))
                        .add(pool.get())
                        .add(Blocks.batchFlattenBlock())
                        .add(Networks.linear(5)))));
        all.add(network(
                "depthwise in between",
                IMAGE,
                1,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 1, 0, 1))
                        .add(Activation.relu6Block())
                        .add(Networks.conv(8, 3, 1, 8))
                        .add(BatchNorm.builder().build())
                        .add(Conv2d.builder()
                                .setFilters(8)
                                .setKernelShape(new Shape(3, 3))
                                .optStride(new Shape(2, 2))
                                .optGroups(8)
                                .build())
                        .add(Activation.relu6Block())
                        .add(Networks.conv(5, 1, 0, 1))));
        all.add(network(
                "one dim",
                SIGNAL,
                2,
                () -> new SequentialBlock()
                        .add(Conv1d.builder()
                                .setFilters(8)
                                .setKernelShape(new Shape(3))
                                .build())
                        .add(Pool.maxPool1dBlock(new Shape(2), new Shape(2)))
                        .add(Conv1d.builder()
                                .setFilters(6)
                                .setKernelShape(new Shape(2))
                                .optBias(false)
                                .build())
                        .add(BatchNorm.builder().build())
                        .add(Pool.globalAvgPool1dBlock())
                        .add(Blocks.batchFlattenBlock())
                        .add(Networks.linear(5))));
        all.add(network(
                "three dims",
                VOLUME,
                2,
                () -> new SequentialBlock()
                        .add(Conv3d.builder()
                                .setFilters(6)
                                .setKernelShape(new Shape(2, 3, 2))
                                .build())
                        .add(Activation.mishBlock())
                        .add(Conv3d.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(1, 2, 2))
                                .optDilation(new Shape(1, 2, 1))
                                .build())
                        .add(Pool.avgPool3dBlock(new Shape(2, 1, 1), new Shape(2, 1, 1)))
                        .add(Blocks.batchFlattenBlock())
                        .add(Networks.linear(5))));
        all.add(network(
                "grouped convolutions around",
                IMAGE,
                1,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 3, 1, 2))
                        .add(Networks.conv(7, 3, 1, 1))
                        .add(Activation::tanh)
                        .add(Networks.conv(8, 3, 1, 1))
                        .add(Networks.conv(8, 3, 1, 4))));
        all.add(network(
                "lambdas without names",
                IMAGE,
                2,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 3, 1, 1))
                        .add(Activation::relu)
                        .addSingleton(Activation::sigmoid)
                        .add(Networks.conv(6, 3, 1, 1))
                        .addSingleton(Blocks::batchFlatten)
                        .add(Networks.linear(5))));
    }

    private static NDList sum(List<NDList> branches) {
        return new NDList(branches.stream()
                .map(NDList::singletonOrThrow)
                .reduce(NDArray::add)
                .orElseThrow());
    }

    private static SequentialBlock inner(int filters) {
        return new SequentialBlock()
                .add(Networks.conv(filters, 3, 1, 1))
                .add(BatchNorm.builder().build())
                .add(Activation.reluBlock())
                .add(Networks.conv(8, 3, 1, 1))
                .add(BatchNorm.builder().build());
    }

    private static void branches(List<Network> all) {
        all.add(network(
                "residual block",
                IMAGE,
                2,
                () -> new SequentialBlock()
                        .add(Networks.conv(8, 3, 1, 1))
                        .add(BatchNorm.builder().build())
                        .add(new ParallelBlock(DjlCutGridTest::sum, List.of(inner(6), Blocks.identityBlock())))
                        .add(Activation.reluBlock())
                        .add(Networks.conv(5, 1, 0, 1))));
        all.add(network(
                "residual block of one layer, which reads what it writes",
                VECTOR,
                1,
                () -> new SequentialBlock()
                        .add(Networks.linear(8))
                        .add(new ParallelBlock(
                                DjlCutGridTest::sum,
                                List.of(
                                        new SequentialBlock()
                                                .add(Networks.linear(8))
                                                .add(Activation.tanhBlock()),
                                        Blocks.identityBlock())))
                        .add(Networks.linear(5))));
        all.add(network(
                "residual blocks with a projection, and a ReLU in the join",
                IMAGE,
                4,
                () -> new SequentialBlock()
                        .add(Networks.conv(7, 3, 1, 1))
                        .add(new ParallelBlock(
                                branches -> Activation.relu(sum(branches)),
                                List.of(inner(6), new SequentialBlock().add(Networks.conv(8, 1, 0, 1)))))
                        .add(new ParallelBlock(DjlCutGridTest::sum, List.of(Blocks.identityBlock(), inner(6))))
                        .add(Pool.globalAvgPool2dBlock())
                        .add(Networks.linear(5))));
        all.add(network(
                "branches side by side",
                IMAGE,
                3,
                () -> new SequentialBlock()
                        .add(Networks.conv(7, 3, 1, 1))
                        .add(new ParallelBlock(
                                branches -> new NDList(NDArrays.concat(
                                        new NDList(branches.stream()
                                                .map(NDList::singletonOrThrow)
                                                .toList()),
                                        1)),
                                List.of(
                                        new SequentialBlock().add(Networks.conv(5, 3, 1, 1)),
                                        new SequentialBlock()
                                                .add(Networks.conv(6, 1, 0, 1))
                                                .add(Activation.reluBlock())
                                                .add(Networks.conv(4, 3, 1, 1)))))
                        .add(BatchNorm.builder().build())
                        .add(Networks.conv(5, 1, 0, 1))));
        all.add(network(
                "branches that a join puts into one list",
                IMAGE,
                1,
                () -> new SequentialBlock()
                        .add(new ParallelBlock(
                                branches -> new NDList(
                                        NDArrays.concat(branches.get(0).addAll(branches.get(1)), 1)),
                                List.of(
                                        Networks.conv(5, 3, 1, 1),
                                        new SequentialBlock().add(Networks.conv(1, 1, 0, 1)))))
                        .add(Networks.conv(5, 1, 0, 1))));
        all.add(network(
                "the hidden units of transformer blocks",
                ROWS,
                2,
                () -> new SequentialBlock()
                        .add(new TransformerEncoderBlock(6, 2, 8, 0.1f, Activation::relu))
                        .add(new TransformerEncoderBlock(6, 3, 10, 0.1f, Activation::gelu))
                        .add(Networks.linear(5))));
        all.add(network(
                "a subclass of a sequence",
                VECTOR,
                1,
                () -> new OwnSequence().add(Networks.linear(8)).add(Networks.linear(5))));
    }

    /** Adds to a sequence without running it in another way. */
    private static final class OwnSequence extends SequentialBlock {}

    @TestFactory
    Stream<DynamicTest> aCutModelComputesWhatOneDoesThatDoesNotLookAtTheUnits() {
        return networks().map(network -> dynamicTest(network.name(), () -> check(network)));
    }

    private static void check(Network network) {
        try (Model model = Networks.model(network.blocks(), network.input())) {
            scatter(model);
            CompressibleModel<Model> original = DjlModels.of(model, network.blocks());
            assertThat(original.couplings())
                    .as("of those that stay: " + original.uncoupled())
                    .hasSize(network.couplings());
            List<List<Replacement>> tried = new ArrayList<>();
            original.couplings().forEach(coupling -> tried.add(List.of(cut(original, coupling, 1))));
            for (int seed = 2; seed < 5; seed++) {
                int own = seed;
                tried.add(original.couplings().stream()
                        .map(coupling -> cut(original, coupling, own))
                        .toList());
            }
            tried.forEach(cuts -> assertExact(network, original, cuts));
            assertSaved(network, original, tried.get(tried.size() - 1));
        }
    }

    /** All parameters differ, and none is zero. */
    private static void scatter(Model model) {
        Random random = new Random(5);
        for (Parameter parameter : model.getBlock().getParameters().values()) {
            NDArray array = parameter.getArray();
            boolean positive = parameter.getType() == Parameter.Type.RUNNING_VAR;
            if (array.getShape().dimension() < 2) {
                float[] values = new float[(int) array.size()];
                for (int i = 0; i < values.length; i++) {
                    float value = (float) random.nextGaussian();
                    values[i] = positive ? 0.5f + Math.abs(value) : value;
                }
                array.set(values);
            }
        }
    }

    private static Replacement cut(CompressibleModel<Model> model, Coupling coupling, int seed) {
        Random random = new Random(seed);
        Map<String, float[]> shifts = new HashMap<>();
        coupling.readers().forEach(reader -> {
            float[] shift = new float[reader.layer().outChannels()];
            for (int i = 0; i < shift.length; i++) {
                shift[i] = (float) random.nextGaussian();
            }
            shifts.put(reader.layer().id().name(), shift);
        });
        return Cuts.of(model, coupling, Cuts.some(coupling, seed), seed % 2 == 0 ? shifts : Map.of());
    }

    private static void assertExact(Network network, CompressibleModel<Model> original, List<Replacement> cuts) {
        String what = cuts.stream()
                .map(cut -> cut.cut().orElseThrow())
                .map(cut -> cut.coupling().layer().id() + ": " + cut.kept())
                .toList()
                .toString();
        float[] before = Networks.run(original.model(), network.input());
        try (CompressibleModel<Model> blind = Cuts.blind(original, cuts);
                CompressibleModel<Model> small = original.with(cuts)) {
            float[] expected = Networks.run(blind.model(), network.input());
            assertNear(what, Networks.run(small.model(), network.input()), expected);
            assertSizes(original, small, cuts);
        }
        assertThat(Networks.run(original.model(), network.input())).isEqualTo(before);
    }

    private static void assertSaved(Network network, CompressibleModel<Model> original, List<Replacement> cuts) {
        Path saved = folder.resolve(network.name().replace(' ', '-'));
        List<Replacement> backwards = new ArrayList<>(cuts);
        Collections.reverse(backwards);
        try (CompressibleModel<Model> small = original.with(cuts);
                CompressibleModel<Model> again = original.with(backwards);
                CompressibleModel<Model> copy = small.with(List.of())) {
            small.save(saved);
            try (CompressibleModel<Model> opened = new DjlFormat(network.blocks()).open(saved, OpenOptions.DEFAULT)) {
                for (CompressibleModel<Model> same : List.of(again, copy, opened)) {
                    // How attention rounds depends on where arrays lie; the identity says that the weights are the same
                    // to the bit.
                    assertNear(
                            "the same network",
                            Networks.run(same.model(), network.input()),
                            Networks.run(small.model(), network.input()));
                    assertThat(same.layers()).isEqualTo(small.layers());
                    assertThat(same.identity()).isEqualTo(small.identity());
                }
            }
        }
    }

    private static void assertNear(String what, float[] found, float[] expected) {
        assertThat(found).as(what).hasSameSizeAs(expected);
        double largest = 1;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as(what + " at " + i).isCloseTo(expected[i], within(TOLERANCE * largest));
        }
    }

    private static void assertSizes(
            CompressibleModel<Model> original, CompressibleModel<Model> small, Collection<Replacement> cuts) {
        Map<LayerId, Shrink> shrinks = new HashMap<>();
        for (Replacement replacement : cuts) {
            Cut cut = replacement.cut().orElseThrow();
            Cut.shrinks(cut.coupling(), cut.kept().size())
                    .forEach((layer, shrink) -> shrinks.merge(layer, shrink, Shrink::plus));
        }
        List<Layer> expected = original.layers().stream()
                .map(layer -> {
                    Shrink by = shrinks.getOrDefault(layer.id(), Shrink.NONE);
                    var sized = layer.sized().shrunk(by.out(), by.in());
                    return new Layer(
                            layer.id(),
                            sized.op(),
                            sized.input(),
                            sized.output(),
                            layer.type(),
                            layer.unsupportedReason(),
                            layer.path());
                })
                .toList();
        assertThat(small.layers()).isEqualTo(expected);
        assertThat(small.parameters().orElseThrow())
                .isEqualTo(small.model().getBlock().getParameters().values().stream()
                        .mapToLong(parameter -> parameter.getArray().size())
                        .sum())
                .isLessThan(original.parameters().orElseThrow());
        long held = small.model().getNDManager().getManagedArrays().stream()
                .mapToLong(NDArray::size)
                .sum();
        assertThat(held).as("elements held").isEqualTo(small.parameters().orElseThrow());
    }
}
