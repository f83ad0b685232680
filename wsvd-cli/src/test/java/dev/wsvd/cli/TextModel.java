package dev.wsvd.cli;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Models that take texts, and their tokenizer, by which a word is a token. */
final class TextModel {
    static final List<String> WORDS =
            List.of("red", "blue", "a", "small", "large", "house", "stands", "on", "the", "hill", "by", "river");

    private static final int WIDTH = 16;
    private static final int HIDDEN = 48;
    /** {@code [PAD]}, {@code [CLS]}, {@code [SEP]}, {@code [UNK]}. */
    private static final int SPECIAL = 4;

    private final GraphProto.Builder graph = GraphProto.newBuilder().setName("texts");
    private final Random random = new Random(5);

    private TextModel() {}

    /**
     * A transformer of one layer and one head: {@code input_ids} and {@code attention_mask} give {@code last_hidden_state}.
     *
     * @param length how many tokens it takes, 0 for any number
     */
    static void writeEncoder(Path model, int length) throws IOException {
        TextModel encoder = new TextModel().body(length);
        encoder.graph.addOutput(value("last_hidden_state", TensorProto.DataType.FLOAT, "batch", length, WIDTH));
        write(model, encoder);
    }

    /** Classes texts by their words: 0 for those with {@code red}, 1 for those with {@code blue}. */
    static void writeClassifier(Path model) throws IOException {
        float[] votes = new float[(SPECIAL + WORDS.size()) * 2];
        votes[(SPECIAL + WORDS.indexOf("red")) * 2] = 1;
        votes[(SPECIAL + WORDS.indexOf("blue")) * 2 + 1] = 1;
        TextModel classifier = new TextModel()
                .floats("votes.weight", votes, SPECIAL + WORDS.size(), 2)
                .node("Gather", List.of("votes.weight", "input_ids"), "votes", whole("axis", 0))
                .node("ReduceMean", List.of("votes"), "logits", several("axes", 1L), whole("keepdims", 0));
        classifier.graph.addInput(value("input_ids", TensorProto.DataType.INT64, "batch", "length"));
        classifier.graph.addOutput(value("logits", TensorProto.DataType.FLOAT, "batch", 2));
        write(model, classifier);
    }

    static void writeTokenizer(Path file) throws IOException {
        StringBuilder vocabulary = new StringBuilder("\"[PAD]\": 0, \"[CLS]\": 1, \"[SEP]\": 2, \"[UNK]\": 3");
        for (int i = 0; i < WORDS.size(); i++) {
            vocabulary.append(", \"" + WORDS.get(i) + "\": " + (SPECIAL + i));
        }
        Files.writeString(file, """
                {
                  "version": "1.0",
                  "added_tokens": [
                    {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false,
                     "normalized": false, "special": true}],
                  "pre_tokenizer": {"type": "Whitespace"},
                  "post_processor": {
                    "type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
                  "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "[UNK]"}
                }
                """.formatted(vocabulary));
    }

    private static void write(Path model, TextModel made) throws IOException {
        Files.write(
                model,
                ModelProto.newBuilder()
                        .setIrVersion(8)
                        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                        .setGraph(made.graph)
                        .build()
                        .toByteArray());
    }

    private TextModel body(int length) {
        graph.addInput(value("input_ids", TensorProto.DataType.INT64, "batch", length));
        graph.addInput(value("attention_mask", TensorProto.DataType.INT64, "batch", length));
        return random("embeddings.weight", SPECIAL + WORDS.size(), WIDTH)
                .node("Gather", List.of("embeddings.weight", "input_ids"), "embedded", whole("axis", 0))
                .projection("embedded", "query", WIDTH, WIDTH)
                .projection("embedded", "key", WIDTH, WIDTH)
                .projection("embedded", "value", WIDTH, WIDTH)
                .node("Transpose", List.of("key"), "turned", several("perm", 0L, 2L, 1L))
                .node("MatMul", List.of("query", "turned"), "scores")
                .hidingPadding()
                .node("Softmax", List.of("masked"), "shares", whole("axis", 2))
                .node("MatMul", List.of("shares", "value"), "context")
                .projection("context", "attention", WIDTH, WIDTH)
                .node("Add", List.of("embedded", "attention"), "attended")
                .projection("attended", "up", WIDTH, HIDDEN)
                .node("Relu", List.of("up"), "active")
                .projection("active", "down", HIDDEN, WIDTH)
                .node("Add", List.of("attended", "down"), "last_hidden_state");
    }

    private TextModel hidingPadding() {
        return constant("one", 1)
                .floats("lowest", new float[] {-10_000}, 1)
                .floats("first", new float[] {1}, 1)
                .node("Unsqueeze", List.of("attention_mask", "one"), "row")
                .node("Cast", List.of("row"), "kept", whole("to", TensorProto.DataType.FLOAT.getNumber()))
                .node("Sub", List.of("first", "kept"), "hidden")
                .node("Mul", List.of("hidden", "lowest"), "bias")
                .node("Add", List.of("scores", "bias"), "masked");
    }

    private TextModel projection(String input, String output, int in, int out) {
        return random(output + ".weight", in, out).node("MatMul", List.of(input, output + ".weight"), output);
    }

    private TextModel random(String name, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(rows));
        }
        return floats(name, values, rows, columns);
    }

    private TextModel floats(String name, float[] values, long... dims) {
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        TensorProto.Builder tensor = TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .setRawData(ByteString.copyFrom(data));
        for (long dim : dims) {
            tensor.addDims(dim);
        }
        graph.addInitializer(tensor);
        return this;
    }

    private TextModel constant(String name, long value) {
        graph.addInitializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(TensorProto.DataType.INT64.getNumber())
                .addDims(1)
                .addInt64Data(value));
        return this;
    }

    private TextModel node(String op, List<String> inputs, String output, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder()
                .setOpType(op)
                .setName("node_" + output)
                .addAllInput(inputs)
                .addOutput(output)
                .addAllAttribute(List.of(attributes)));
        return this;
    }

    private static AttributeProto whole(String name, long value) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INT)
                .setI(value)
                .build();
    }

    private static AttributeProto several(String name, Long... values) {
        return AttributeProto.newBuilder()
                .setName(name)
                .setType(AttributeProto.AttributeType.INTS)
                .addAllInts(List.of(values))
                .build();
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type, Object... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (Object dim : dims) {
            if (dim instanceof Integer size && size > 0) {
                shape.addDimBuilder().setDimValue(size);
            } else {
                shape.addDimBuilder().setDimParam(dim instanceof Integer ? "length" : dim.toString());
            }
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(type.getNumber())
                                .setShape(shape)))
                .build();
    }
}
