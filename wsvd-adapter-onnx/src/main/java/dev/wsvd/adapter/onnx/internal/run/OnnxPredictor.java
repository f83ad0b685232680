package dev.wsvd.adapter.onnx.internal.run;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import dev.wsvd.adapter.onnx.internal.engine.Engine;
import dev.wsvd.adapter.onnx.internal.engine.EngineException;
import dev.wsvd.adapter.onnx.internal.engine.EngineModel;
import dev.wsvd.adapter.onnx.internal.engine.EngineSession;
import dev.wsvd.adapter.onnx.internal.engine.EngineValue;
import dev.wsvd.adapter.onnx.internal.engine.OrtTypes;
import dev.wsvd.adapter.onnx.internal.engine.TooLongException;
import dev.wsvd.adapter.onnx.internal.engine.WidenedModel;
import dev.wsvd.adapter.onnx.internal.file.ElementTypes;
import dev.wsvd.adapter.onnx.internal.file.ExternalData;
import dev.wsvd.domain.error.EngineLostException;
import dev.wsvd.domain.error.InvalidInputException;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.tensor.ElementType;
import dev.wsvd.domain.tensor.Predictor;
import dev.wsvd.domain.tensor.Tensor;
import dev.wsvd.domain.tensor.TensorInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Runs a model with ONNX Runtime on the CPU. Outputs that are no tensors of numbers (strings, sequences, maps) are left out.
 *
 * <p>A caller's array may be of another type than the model's input if {@link TensorCast} allows it.
 */
public final class OnnxPredictor implements Predictor {
    private static final Pattern NO_KERNEL = Pattern.compile("Could not find an implementation for (\\w+)");

    /** How a session is made. */
    private record Loading(Engine engine, ModelProto model, ExternalData external) {
        EngineSession with(Map<String, Integer> ranks) throws EngineException {
            return engine.open(EngineModel.of(InputRanks.stated(model, ranks), external), Engine.Optimization.FULL);
        }
    }

    private final Loading loading;
    private final Map<String, String> fed;
    private final List<TensorInfo> inputs;
    private final List<TensorInfo> outputs;
    private EngineSession session;
    private Map<String, Integer> ranks = Map.of();
    private boolean closed;

    private OnnxPredictor(EngineSession session, Loading loading, Map<String, String> fed, Set<String> unshaped) {
        this.session = session;
        this.loading = loading;
        this.fed = fed;
        Map<String, String> own = new HashMap<>();
        fed.forEach((name, signed) -> own.put(signed, name));
        List<TensorInfo> found = new ArrayList<>();
        for (EngineValue input : session.inputs()) {
            String name = own.getOrDefault(input.name(), input.name());
            TensorInfo described = describe(name, input)
                    .orElseThrow(() -> new ModelFormatException(
                            "Input '" + name + "' is not a tensor of numbers; such models cannot be run here."));
            ElementType type = own.containsKey(input.name()) ? unsigned(described.type()) : described.type();
            found.add(
                    unshaped.contains(name)
                            ? TensorInfo.unranked(name, type)
                            : new TensorInfo(name, type, described.shape()));
        }
        this.inputs = List.copyOf(found);
        this.outputs = session.outputs().stream()
                .flatMap(o -> describe(o.name(), o).stream())
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
    public static OnnxPredictor of(Engine engine, ModelProto model, ExternalData external) {
        SignedInputs signed = SignedInputs.of(model);
        Loading loading = new Loading(engine, signed.model(), external);
        EngineSession session = null;
        OnnxPredictor predictor = null;
        try {
            session = loading.with(Map.of());
            predictor = new OnnxPredictor(session, loading, signed.fed(), unshaped(model));
            return predictor;
        } catch (EngineException e) {
            throw new ModelFormatException(cannotLoad(model, e), e);
        } finally {
            if (session != null && predictor == null) {
                session.close();
            }
        }
    }

    private static String cannotLoad(ModelProto model, EngineException e) {
        Matcher kernel = NO_KERNEL.matcher(String.valueOf(e.getMessage()));
        return kernel.find() && WidenedModel.isNeeded(model)
                ? "ONNX Runtime has no kernel for " + kernel.group(1)
                        + " in bfloat16 on the CPU, so the model cannot be"
                        + " run here; what needs no data still works. Maybe convert it to compute in float32, with its"
                        + " weights in bfloat16 behind Cast nodes."
                : "ONNX Runtime cannot load the model: " + e.getMessage();
    }

    /** Inputs without a shape, which the engine reports as scalars. */
    private static Set<String> unshaped(ModelProto model) {
        return model.getGraph().getInputList().stream()
                .filter(InputRanks::isOpen)
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
        Map<String, Tensor> feed = feed(given);
        try {
            return read(session(feed).run(feed));
        } catch (TooLongException e) {
            throw new EngineLostException(cannotRun(e), e);
        } catch (EngineException e) {
            throw failure(e);
        }
    }

    /**
     * Runs the model once, but ends the run when its time is up.
     *
     * @return empty if it was ended
     */
    public Optional<Map<String, Tensor>> run(Map<String, Tensor> given, Duration limit) {
        Map<String, Tensor> feed = feed(given);
        try {
            return session(feed).run(feed, limit).map(this::read);
        } catch (EngineException e) {
            throw failure(e);
        }
    }

    /** Inputs without a declared shape may have another number of dims than in the last run. */
    private EngineSession session(Map<String, Tensor> feed) throws EngineException {
        Map<String, Integer> given = InputRanks.of(loading.model(), feed);
        if (!given.equals(ranks)) {
            EngineSession next = loading.with(given);
            session.close();
            session = next;
            ranks = given;
        }
        return session;
    }

    private static ModelFormatException failure(EngineException e) {
        return new ModelFormatException(cannotRun(e), e);
    }

    private static String cannotRun(EngineException e) {
        return "ONNX Runtime cannot run the model: " + e.getMessage();
    }

    private Map<String, Tensor> feed(Map<String, Tensor> given) {
        if (closed) {
            throw new InvalidInputException("The predictor is closed.");
        }
        check(given);
        Map<String, Tensor> feed = new HashMap<>();
        for (TensorInfo input : inputs) {
            Tensor cast = TensorCast.to(input.type(), given.get(input.name()));
            feed.put(
                    fed.getOrDefault(input.name(), input.name()),
                    new Tensor(OrtTypes.signed(input.type()), cast.shape(), cast.data()));
        }
        return feed;
    }

    private Map<String, Tensor> read(Map<String, Tensor> result) {
        Map<String, Tensor> read = new LinkedHashMap<>();
        for (TensorInfo output : outputs) {
            Tensor tensor = result.get(output.name());
            if (tensor == null) {
                throw new ModelFormatException("Output '" + output.name() + "' is missing.");
            }
            read.put(output.name(), tensor);
        }
        return read;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            session.close();
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

    /** Empty for what is no tensor of numbers. */
    private static Optional<TensorInfo> describe(String name, EngineValue value) {
        return ElementTypes.of(value.type()).map(type -> new TensorInfo(name, type, value.dims()));
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
