package dev.wsvd.cli;

import dev.wsvd.domain.error.Printable;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What a person may be reading: nothing acts on the terminal but line breaks and tabs, whatever names from files hold. */
final class PrintableStream extends PrintStream {
    private final PrintStream stream;

    PrintableStream(PrintStream stream) {
        super(stream, true);
        this.stream = stream;
    }

    @Override
    public void print(String text) {
        stream.print(escaped(String.valueOf(text)));
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int at = 0; at <= text.length(); at++) {
            boolean layout = at < text.length() && isLayout(text, at);
            if (at == text.length() || layout) {
                out.append(Printable.escaped(text.substring(from, at)));
                out.append(text, at, layout ? at + 1 : at);
                from = at + 1;
            }
        }
        return out.toString();
    }

    private static boolean isLayout(String text, int at) {
        return switch (text.charAt(at)) {
            case '\n', '\t' -> true;
            case '\r' -> text.startsWith("\r\n", at);
            default -> false;
        };
    }

    @Override
    public void print(Object value) {
        print(String.valueOf(value));
    }

    @Override
    public void print(char c) {
        print(String.valueOf(c));
    }

    @Override
    public void print(char[] chars) {
        print(String.valueOf(chars));
    }

    /** A text for programs, in UTF-8 whatever the terminal's encoding. */
    void utf8(String text) {
        byte[] bytes = escaped(text).getBytes(StandardCharsets.UTF_8);
        stream.write(bytes, 0, bytes.length);
        stream.flush();
    }

    /** What wsvd itself has to say to a terminal. */
    void control(String sequence) {
        stream.print(sequence);
    }
}
