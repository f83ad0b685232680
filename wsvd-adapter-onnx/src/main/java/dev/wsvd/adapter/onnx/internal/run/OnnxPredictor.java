package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Runs a model with ONNX Runtime on the CPU. Outputs that are no tensors of numbers (strings, sequences, maps) are left out.
 *
 * <p>A caller's array may be of another type than the model's input if {@link TensorCast} allows it.
 */
public final class OnnxPredictor implements Predictor {
    @FunctionalInterface
    private interface Run {
        OrtSession.Result of(Map<String, OnnxTensor> feed) throws OrtException;
    }

    private final EngineSession engine;
    private final Map<String, String> fed;
    private final List<TensorInfo> inputs;
    private final List<TensorInfo> outputs;
    private boolean closed;

    private OnnxPredictor(EngineSession engine, Map<String, String> fed, Set<String> unshaped) throws OrtException {
        this.engine = engine;
        this.fed = fed;
        Map<String, String> own = new HashMap<>();
        fed.forEach((name, signed) -> own.put(signed, name));
        List<TensorInfo> found = new ArrayList<>();
        for (NodeInfo info : engine.session().getInputInfo().values()) {
            String name = own.getOrDefault(info.getName(), info.getName());
            TensorInfo described = describe(name, info)
                    .orElseThrow(() -> new ModelFormatException(
                            "Input '" + name + "' is not a tensor of numbers; such models cannot be run here."));
            ElementType type = own.containsKey(info.getName()) ? unsigned(described.type()) : described.type();
            found.add(
                    unshaped.contains(name)
                            ? TensorInfo.unranked(name, type)
                            : new TensorInfo(name, type, described.shape()));
        }
        this.inputs = List.copyOf(found);
        this.outputs = engine.session().getOutputInfo().values().stream()
                .flatMap(o -> describe(o.getName(), o).stream())
                .toList();
        if (outputs.isEmpty()) {
            throw new ModelFormatException("The model has no output that is a tensor of numbers.");
        }
    }

    /**
     * Makes a model ready to run.
     *
     * @throws ModelFormatException if ONNX Runtime does not take it
     */
    public static OnnxPredictor of(ModelProto model, ExternalData external) {
        SignedInputs signed = SignedInputs.of(model);
        EngineSession engine = null;
        OnnxPredictor predictor = null;
        try {
            engine = Engine.open(signed.model(), external, Engine.Optimization.FULL);
            predictor = new OnnxPredictor(engine, signed.fed(), unshaped(model));
            return predictor;
        } catch (OrtException e) {
            throw new ModelFormatException("ONNX Runtime cannot load the model: " + Engine.reason(e), e);
        } finally {
            if (engine != null && predictor == null) {
                engine.close();
            }
        }
    }

    /** Inputs without a shape, which the engine reports as scalars. */
    private static Set<String> unshaped(ModelProto model) {
        return model.getGraph().getInputList().stream()
                .filter(i -> !i.getType().getTensorType().hasShape())
                .map(ValueInfoProto::getName)
                .collect(Collectors.toSet());
    }

    @Override
    public List<TensorInfo> inputs() {
        return inputs;
    }

    @Override
    public List<TensorInfo> outputs() {
        return outputs;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> given) {
        return run(given, feed -> engine.session().run(feed));
    }

    /**
     * Runs the model once, but ends the run when its time is up.
     *
     * @return empty if it was ended
     */
    public Optional<Map<String, Tensor>> run(Map<String, Tensor> given, Duration limit) {
        try (RunLimit running = new RunLimit(limit)) {
            try {
                return Optional.of(run(given, feed -> engine.session().run(feed, running.options())));
            } catch (ModelFormatException e) {
                if (running.isOver()) {
                    return Optional.empty();
                }
                throw e;
            }
        } catch (OrtException e) {
            throw new ModelFormatException("ONNX Runtime cannot run the model: " + Engine.reason(e), e);
        }
    }

    private Map<String, Tensor> run(Map<String, Tensor> given, Run run) {
        if (closed) {
            throw new InvalidInputException("The predictor is closed.");
        }
        check(given);
        Map<String, OnnxTensor> feed = new HashMap<>();
        try {
            for (TensorInfo input : inputs) {
                feed.put(fed.getOrDefault(input.name(), input.name()), tensor(input, given.get(input.name())));
            }
            try (OrtSession.Result result = run.of(feed)) {
                return read(result);
            }
        } catch (OrtException e) {
            throw new ModelFormatException("ONNX Runtime cannot run the model: " + Engine.reason(e), e);
        } finally {
            feed.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            engine.close();
        }
    }

    private void check(Map<String, Tensor> given) {
        List<String> names = inputs.stream().map(TensorInfo::name).toList();
        given.keySet().stream()
                .filter(n -> !names.contains(n))
                .sorted()
                .findFirst()
                .ifPresent(n -> {
                    throw new InvalidInputException(
                            "The model has no input '" + n + "'; its inputs are " + quoted(names) + ".");
                });
        for (TensorInfo input : inputs) {
            Tensor tensor = given.get(input.name());
            if (tensor == null) {
                throw new InvalidInputException(
                        "Input '" + input.name() + "' is missing; the model needs " + quoted(names) + ".");
            }
            if (!TensorCast.allowed(tensor.type(), input.type())) {
                throw new InvalidInputException(
                        "Input '" + input.name() + "' takes " + input.type() + ", found " + tensor.type() + ".");
            }
            if (input.ranked() && !fits(input.shape(), tensor.shape())) {
                throw new InvalidInputException("Input '" + input.name() + "' takes shape " + shapeText(input.shape())
                        + ", found " + shapeText(tensor.shape()) + ".");
            }
        }
    }

    private static boolean fits(List<Long> declared, List<Long> found) {
        if (declared.size() != found.size()) {
            return false;
        }
        for (int i = 0; i < declared.size(); i++) {
            if (declared.get(i) >= 0 && !declared.get(i).equals(found.get(i))) {
                return false;
            }
        }
        return true;
    }

    private OnnxTensor tensor(TensorInfo input, Tensor given) throws OrtException {
        ElementType type = OrtTypes.signed(input.type());
        Tensor cast = TensorCast.to(input.type(), given);
        ByteBuffer bytes = cast.data();
        if (!bytes.isDirect()) {
            bytes = ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).rewind();
        }
        long[] shape = cast.shape().stream().mapToLong(d -> d).toArray();
        bytes.order(ByteOrder.nativeOrder());
        return OnnxTensor.createTensor(
                engine.environment(), bytes, shape, OrtTypes.javaType(type).orElseThrow());
    }

    private Map<String, Tensor> read(OrtSession.Result result) throws OrtException {
        Map<String, Tensor> read = new LinkedHashMap<>();
        for (TensorInfo output : outputs) {
            OnnxValue value = result.get(output.name())
                    .orElseThrow(() -> new ModelFormatException("Output '" + output.name() + "' is missing."));
            OnnxTensor tensor = (OnnxTensor) value;
            List<Long> shape =
                    Arrays.stream(tensor.getInfo().getShape()).boxed().toList();
            read.put(output.name(), new Tensor(output.type(), shape, tensor.getByteBuffer()));
        }
        return read;
    }

    private static Optional<TensorInfo> describe(String name, NodeInfo info) {
        if (!(info.getInfo() instanceof ai.onnxruntime.TensorInfo tensor)) {
            return Optional.empty();
        }
        List<Long> shape = Arrays.stream(tensor.getShape()).boxed().toList();
        return OrtTypes.elementType(tensor.onnxType).map(type -> new TensorInfo(name, type, shape));
    }

    private static ElementType unsigned(ElementType signed) {
        return switch (signed) {
            case INT16 -> ElementType.UINT16;
            case INT32 -> ElementType.UINT32;
            default -> ElementType.UINT64;
        };
    }

    private static String quoted(List<String> names) {
        return names.stream().map(n -> "'" + n + "'").collect(Collectors.joining(", "));
    }

    private static String shapeText(List<Long> shape) {
        return shape.stream().map(d -> d < 0 ? "?" : String.valueOf(d)).collect(Collectors.joining(", ", "[", "]"));
    }
}
