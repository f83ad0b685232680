package dev.wsvd.adapter.onnx.internal.isolate;

import dev.wsvd.adapter.onnx.internal.engine.EngineValue;
import dev.wsvd.domain.tensor.Tensor;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the engine's process says to a {@link Request}, and once when it is ready. */
sealed interface Answer {
    int DONE = 11;
    int OPENED = 12;
    int RESULTS = 13;
    int OUT_OF_TIME = 14;
    int FAILED = 15;
    int REFUSED = 16;
    int FUSED = 17;

    /** Ready for requests, or a session is freed. */
    record Done() implements Answer {}

    record Opened(int session, List<EngineValue> inputs, List<EngineValue> outputs) implements Answer {}

    record Results(Map<String, Tensor> tensors) implements Answer {}

    record Fused(Map<String, Integer> operators) implements Answer {}

    /** The run was ended at the limit that its request gave. */
    record OutOfTime() implements Answer {}

    /** Why it could not be done. */
    sealed interface Failure extends Answer {}

    /** An {@link dev.wsvd.adapter.onnx.internal.engine.EngineException}. */
    record Failed(String reason) implements Failure {}

    /** A {@link dev.wsvd.domain.error.ModelFormatException}. */
    record Refused(String message) implements Failure {}

    static void write(Answer answer, Wire wire) throws IOException {
        if (answer instanceof Done) {
            wire.begin(DONE);
        } else if (answer instanceof Opened opened) {
            wire.begin(OPENED);
            wire.number(opened.session());
            write(opened.inputs(), wire);
            write(opened.outputs(), wire);
        } else if (answer instanceof Results results) {
            wire.begin(RESULTS);
            wire.tensors(results.tensors());
        } else if (answer instanceof Fused fused) {
            wire.begin(FUSED);
            write(fused.operators(), wire);
        } else if (answer instanceof OutOfTime) {
            wire.begin(OUT_OF_TIME);
        } else if (answer instanceof Failed failed) {
            wire.begin(FAILED);
            wire.text(failed.reason());
        } else if (answer instanceof Refused refused) {
            wire.begin(REFUSED);
            wire.text(refused.message());
        }
        wire.end();
    }

    static Answer read(Wire wire) throws IOException {
        int kind = wire.begin();
        return switch (kind) {
            case DONE -> new Done();
            case OPENED -> new Opened(wire.number(), values(wire), values(wire));
            case RESULTS -> new Results(wire.tensors());
            case FUSED -> new Fused(operators(wire));
            case OUT_OF_TIME -> new OutOfTime();
            case FAILED -> new Failed(wire.text());
            case REFUSED -> new Refused(wire.text());
            default -> throw new ProtocolException("An answer of kind " + kind + ".");
        };
    }

    private static void write(List<EngineValue> values, Wire wire) throws IOException {
        wire.number(values.size());
        for (EngineValue value : values) {
            wire.text(value.name());
            wire.number(value.type());
            wire.dims(value.dims());
        }
    }

    private static List<EngineValue> values(Wire wire) throws IOException {
        int count = wire.count();
        List<EngineValue> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(new EngineValue(wire.text(), wire.number(), wire.dims()));
        }
        return values;
    }

    private static void write(Map<String, Integer> operators, Wire wire) throws IOException {
        wire.number(operators.size());
        for (Map.Entry<String, Integer> operator : operators.entrySet()) {
            wire.text(operator.getKey());
            wire.number(operator.getValue());
        }
    }

    private static Map<String, Integer> operators(Wire wire) throws IOException {
        int count = wire.count();
        Map<String, Integer> operators = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            operators.put(wire.text(), wire.number());
        }
        return operators;
    }
}
