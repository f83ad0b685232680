package dev.wsvd.adapter.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.wsvd.adapter.djl.internal.block.LayerBlock;
import dev.wsvd.adapter.djl.internal.block.RecurrentWeight;
import dev.wsvd.adapter.djl.internal.probe.Observation;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Layer;
import dev.wsvd.domain.layer.LayerId;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.tensor.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The layers of a block tree, from what its blocks say and what was seen of them. */
final class Layers {
    private Layers() {}

    /** @param seen by path, for the layers that could be watched */
    static List<Layer> of(Block root, Map<String, Observation<Shape>> seen) {
        List<LayerBlock> blocks = LayerBlock.withRecurrent(root);
        Map<Block, List<String>> shared = LayerBlock.shared(blocks);
        List<Layer> layers = new ArrayList<>();
        for (LayerBlock block : blocks) {
            if (block.isRecurrent()) {
                layers.addAll(recurrent(block, seen, shared.getOrDefault(block.block(), List.of())));
            } else {
                Optional<Observation<Shape>> run = Optional.ofNullable(seen.get(block.path()));
                layers.add(layer(block, run, shared.getOrDefault(block.block(), List.of())));
            }
        }
        return List.copyOf(layers);
    }

    /** Each multiplies once per step, of whatever sequences there are for one sample. */
    private static List<Layer> recurrent(LayerBlock block, Map<String, Observation<Shape>> seen, List<String> places) {
        List<Layer> layers = new ArrayList<>();
        Optional<Observation<Shape>> last = Optional.empty();
        for (RecurrentWeight weight : RecurrentWeight.of(block)) {
            // A recurrent weight comes behind the input weight of its layer.
            Optional<Observation<Shape>> run = weight.isOfState() ? last : Optional.ofNullable(seen.get(weight.path()));
            last = run;
            Optional<String> reason = weight.isOfState()
                    ? Optional.of(RecurrentWeight.UNSUPPORTED)
                    : block.unsupportedReason()
                            .or(() -> shared(block, places))
                            .or(() -> run.flatMap(Observation::unsupportedReason));
            List<Long> input = run.flatMap(Observation::input).map(Layers::dims).orElseGet(() -> remembered(block));
            long steps = input.get(0) * input.get(1);
            layers.add(new Layer(
                    new LayerId(weight.path()),
                    new Affine(weight.shape()),
                    List.of(1L, steps, (long) weight.shape().inPerGroup()),
                    List.of(1L, steps, (long) weight.shape().out()),
                    type(weight.arrays().get(0)),
                    reason,
                    Optional.empty()));
        }
        return layers;
    }

    private static Layer layer(LayerBlock block, Optional<Observation<Shape>> seen, List<String> places) {
        List<Long> input = seen.flatMap(Observation::input)
                .map(shape -> sample(block, shape))
                .orElseGet(() -> remembered(block));
        List<Long> output = seen.flatMap(Observation::output)
                .map(shape -> sample(block, shape))
                .orElseGet(() -> output(block, input));
        Optional<String> reason = block.unsupportedReason()
                .or(() -> shared(block, places))
                .or(() -> seen.flatMap(Observation::unsupportedReason))
                .or(() -> manyPerSample(block, input));
        return new Layer(
                new LayerId(block.path()),
                op(block),
                input,
                output,
                type(block.weight().getArray()),
                reason,
                Optional.empty());
    }

    private static Op op(LayerBlock block) {
        return block.isConv()
                ? new Convolution(
                        block.weightShape(), block.groups(), block.stride(), block.dilation(), block.padding())
                : new Affine(block.weightShape());
    }

    private static ElementType type(NDArray array) {
        DataType type = array.getDataType();
        return type == DataType.BFLOAT16 ? ElementType.BFLOAT16 : DataTypes.of(type);
    }

    private static Optional<String> shared(LayerBlock block, List<String> places) {
        List<String> others = places.stream()
                .filter(place -> !place.equals(block.path()))
                .map(place -> "'" + place + "'")
                .toList();
        return others.isEmpty()
                ? Optional.empty()
                : Optional.of("the same block is also " + String.join(" and ", others));
    }

    /** A shape of one sample, batch first. A Linear may be given a vector, or rows of which the first dim is no batch. */
    private static List<Long> sample(LayerBlock block, Shape shape) {
        List<Long> dims = dims(shape);
        if (!block.isConv() && (dims.size() == 1 || dims.get(0) != 1)) {
            List<Long> batched = new ArrayList<>(List.of(1L));
            batched.addAll(dims);
            return batched;
        }
        return dims;
    }

    private static Optional<String> manyPerSample(LayerBlock block, List<Long> input) {
        return block.isConv() && !input.isEmpty() && input.get(0) != 1
                ? Optional.of("it is given " + input.get(0) + " images for each sample")
                : Optional.empty();
    }

    /** What a block that was not watched was initialized for. */
    private static List<Long> remembered(LayerBlock block) {
        if (!block.isConv() && !block.isRecurrent()) {
            return List.of();
        }
        List<Long> dims = new ArrayList<>(dims(block.block().getInputShapes()[0]));
        if (block.isStepsFirst()) {
            Collections.swap(dims, 0, 1);
        }
        dims.set(0, 1L);
        return dims;
    }

    private static List<Long> dims(Shape shape) {
        return Arrays.stream(shape.getShape()).boxed().toList();
    }

    private static List<Long> output(LayerBlock block, List<Long> input) {
        if (input.isEmpty()) {
            return List.of();
        }
        Shape shape = new Shape(input.stream().mapToLong(Long::longValue).toArray());
        return dims(block.block().getOutputShapes(new Shape[] {shape})[0]);
    }
}
