package com.example.tiny;

import com.example.tiny.Step.Size;
import dev.wsvd.domain.error.ModelFormatException;
import dev.wsvd.domain.layer.Affine;
import dev.wsvd.domain.layer.Convolution;
import dev.wsvd.domain.layer.Op;
import dev.wsvd.domain.layer.WeightShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of a file: lines of text that end with {@code end}, then all weights and biases, float32, little-endian.
 *
 * <pre>
 * tiny 3 8 8
 * conv conv 8 3 1 3 1 1 1 3 2 1 1 bias relu
 * fc linear 5 256 none plain
 * end
 * </pre>
 */
final class TinyFile {
    /** What every file begins with. */
    static final String MAGIC = "tiny ";

    private static final String END = "\nend\n";
    /** Bounds what a hostile file can ask for. */
    private static final int MOST = 1 << 12;

    private final FloatBuffer numbers;

    private TinyFile(FloatBuffer numbers) {
        this.numbers = numbers;
    }

    /** @throws ModelFormatException if these are not the bytes of a model */
    static Network read(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = text.indexOf(END);
        if (!text.startsWith(MAGIC) || end < 0) {
            throw new ModelFormatException("the text at its begin is missing or does not end.");
        }
        int from = end + END.length();
        ByteBuffer rest = ByteBuffer.wrap(bytes, from, bytes.length - from).order(ByteOrder.LITTLE_ENDIAN);
        if (rest.remaining() % Float.BYTES != 0) {
            throw new ModelFormatException("the last number is cut off.");
        }
        TinyFile file = new TinyFile(rest.asFloatBuffer());
        List<String> lines = text.substring(0, end).lines().toList();
        Line first = new Line(1, lines.get(0));
        Size input = new Size(first.number(1, 1), first.number(2, 1), first.number(3, 1));
        List<Step> steps = new ArrayList<>();
        for (int i = 1; i < lines.size(); i++) {
            steps.add(file.step(new Line(i + 1, lines.get(i))));
        }
        if (steps.isEmpty() || file.numbers.hasRemaining()) {
            throw new ModelFormatException("it has no layers, or more numbers than they take.");
        }
        return new Network(input, steps);
    }

    private Step step(Line line) {
        boolean conv = line.word(1).equals("conv");
        Op op = conv ? convolution(line) : Affine.of(line.number(2, 1), line.number(3, 1));
        return new Step(
                line.word(0),
                op,
                line.word(conv ? 14 : 5).equals("relu"),
                numbers(op.weight().elements(), line),
                line.word(conv ? 13 : 4).equals("bias") ? numbers(op.weight().out(), line) : new float[0]);
    }

    private static Convolution convolution(Line line) {
        int out = line.number(2, 1);
        int in = line.number(3, 1);
        int groups = line.number(4, 1);
        if (in % groups != 0 || out % groups != 0) {
            throw line.wrong("the groups do not divide the channels");
        }
        WeightShape weight = new WeightShape(out, in / groups, line.ofDims(5, 1));
        return new Convolution(weight, groups, line.ofDims(6, 1), line.ofDims(8, 1), line.ofDims(7, 0));
    }

    /** The size of the file is looked at before any memory is asked for. */
    private float[] numbers(long count, Line line) {
        if (count > numbers.remaining()) {
            throw line.wrong(count + " numbers are needed, " + numbers.remaining() + " are left");
        }
        float[] read = new float[(int) count];
        numbers.get(read);
        return read;
    }

    /** A line of text: words with one space between. */
    private record Line(int number, List<String> words) {
        Line(int number, String text) {
            this(number, Arrays.asList(text.split(" ")));
        }

        String word(int index) {
            if (index >= words.size()) {
                throw wrong("word " + (index + 1) + " is missing");
            }
            return words.get(index);
        }

        int number(int index, int least) {
            String word = word(index);
            if (word.matches("\\d{1,4}") && Integer.parseInt(word) >= least && Integer.parseInt(word) <= MOST) {
                return Integer.parseInt(word);
            }
            throw wrong("'" + word + "' is not a number from " + least + " to " + MOST);
        }

        /** A number for the rows, and four words behind it one for the columns. */
        List<Integer> ofDims(int index, int least) {
            return List.of(number(index, least), number(index + 4, least));
        }

        ModelFormatException wrong(String what) {
            return new ModelFormatException("line " + number + ": " + what + ".");
        }
    }

    static byte[] bytes(Network network) {
        StringBuilder text = new StringBuilder(MAGIC + text(network.input()));
        int count = 0;
        for (Step step : network.steps()) {
            text.append('\n').append(text(step));
            count += step.weight().length + step.bias().length;
        }
        byte[] head = text.append(END).toString().getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes =
                ByteBuffer.allocate(head.length + count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(head);
        FloatBuffer numbers = bytes.asFloatBuffer();
        network.steps().forEach(step -> numbers.put(step.weight()).put(step.bias()));
        return bytes.array();
    }

    private static String text(Size size) {
        return size.channels() + " " + size.rows() + " " + size.columns();
    }

    private static String text(Step step) {
        Op op = step.op();
        String geometry = op instanceof Convolution conv ? " " + op.groups() + text(conv, 0) + text(conv, 1) : "";
        return step.name() + " " + op.kind() + " " + op.weight().out() + " "
                + op.weight().inPerGroup() * op.groups() + geometry + (step.bias().length == 0 ? " none" : " bias")
                + (step.relu() ? " relu" : " plain");
    }

    private static String text(Convolution conv, int dim) {
        return " " + conv.weight().kernel().get(dim) + " " + conv.stride().get(dim) + " "
                + conv.padding().get(dim) + " " + conv.dilation().get(dim);
    }
}
