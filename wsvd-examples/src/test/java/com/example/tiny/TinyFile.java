package com.example.tiny;

import com.example.tiny.Step.Kind;
import com.example.tiny.Step.Size;
import com.example.tiny.Step.Window;
import dev.wsvd.domain.error.ModelFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The bytes of a file: lines of text that end with {@code end}, then all weights and biases, float32, little-endian.
 *
 * <pre>
 * tiny 3 8 8
 * conv conv 8 3 1 3 1 1 1 3 2 1 1 bias relu
 * fc linear 5 8 plain none
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
        int out = line.number(2, 1);
        int in = line.number(3, 1);
        boolean conv = line.word(1).equals("conv");
        int groups = conv ? line.number(4, 1) : 1;
        Window rows = conv ? line.window(5) : Window.POINT;
        Window columns = conv ? line.window(9) : Window.POINT;
        if (in % groups != 0 || out % groups != 0) {
            throw line.wrong("the groups do not divide the channels");
        }
        long elements = (long) out * (in / groups) * rows.kernel() * columns.kernel();
        return new Step(
                line.word(0),
                conv ? Kind.CONV : Kind.LINEAR,
                out,
                in,
                groups,
                rows,
                columns,
                line.word(conv ? 14 : 5).equals("relu"),
                numbers(elements, line),
                line.word(conv ? 13 : 4).equals("bias") ? numbers(out, line) : new float[0]);
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

        Window window(int index) {
            return new Window(number(index, 1), number(index + 1, 1), number(index + 2, 0), number(index + 3, 1));
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
        String geometry = step.kind() == Kind.LINEAR
                ? ""
                : " " + step.groups() + " " + text(step.rows()) + " " + text(step.columns());
        return step.name() + " " + step.kind().name().toLowerCase(Locale.ROOT) + " " + step.out() + " " + step.in()
                + geometry + (step.bias().length == 0 ? " none" : " bias") + (step.relu() ? " relu" : " plain");
    }

    private static String text(Window window) {
        return window.kernel() + " " + window.stride() + " " + window.padding() + " " + window.dilation();
    }
}
